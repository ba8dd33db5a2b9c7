import { openAddress } from '@ai-gateway/shared/steps/connection-check';
import { connectionForm } from '@ai-gateway/shared/steps/connection-form';
import { titleCase } from '@ai-gateway/shared/steps/wording';
import type { IAuthenticateGeneric, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

const { address, key } = connectionForm('n8n');

/** n8n shows help as plain text. */
const plain = (help: string): string => help.replaceAll('`', '');

/** The address and the key. Also usable in n8n's HTTP Request node, for any call of the API. */
export class AiGatewayApi implements ICredentialType {
  name = 'aiGatewayApi';
  displayName = 'AI Gateway API';
  icon: Icon = { light: 'file:../icons/ai-gateway.svg', dark: 'file:../icons/ai-gateway.dark.svg' };
  documentationUrl = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/n8n.md';

  properties: INodeProperties[] = [
    {
      displayName: titleCase(address.label, 'n8n'),
      name: address.key,
      type: 'string',
      required: true,
      default: '',
      placeholder: `e.g. ${address.placeholder}`,
      description: plain(address.help),
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
      displayName: titleCase(key.label, 'n8n'),
      name: key.key,
      type: 'string',
      typeOptions: { password: true },
      required: true,
      default: '',
      placeholder: `e.g. ${key.placeholder}`,
      description: plain(key.help),
    },
    {
      displayName:
        '<a href="https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/n8n.md#where-keys-come-from" target="_blank">Where keys come from</a>',
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
