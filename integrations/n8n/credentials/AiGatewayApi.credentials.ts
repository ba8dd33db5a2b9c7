import { keyHelp, openAddress } from '@ai-gateway/shared/steps/connection-check';
import type { IAuthenticateGeneric, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

/** The address and the key. Also usable in n8n's HTTP Request node, for any call of the API. */
export class AiGatewayApi implements ICredentialType {
  name = 'aiGatewayApi';
  displayName = 'AI Gateway API';
  icon: Icon = { light: 'file:../icons/ai-gateway.svg', dark: 'file:../icons/ai-gateway.dark.svg' };
  documentationUrl = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/n8n.md';

  properties: INodeProperties[] = [
    {
      displayName: 'Base URL',
      name: 'baseUrl',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. https://gateway.example.com',
      description: 'The address of your gateway. /v1 at the end is optional.',
    },
    {
      displayName:
        'This address is not encrypted: others on the network can read the key. Use https:// for anything but your own machine or network.',
      name: 'unencryptedNotice',
      type: 'notice',
      default: '',
      displayOptions: { show: { baseUrl: [{ _cnd: { regex: openAddress } }] } },
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      placeholder: 'e.g. gw_live_…',
      description: keyHelp.testKeys.replaceAll('`', ''),
    },
    {
      displayName: `${keyHelp.origin.replaceAll(/`([^`]*)`/g, '<code>$1</code>')} <a href="https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/n8n.md#where-keys-come-from" target="_blank">Where keys come from</a>`,
      name: 'keyNotice',
      type: 'notice',
      default: '',
    },
  ];

  authenticate: IAuthenticateGeneric = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{ $credentials.apiKey.trim() }}' } },
  };
}
