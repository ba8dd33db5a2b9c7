import { connectionText, openAddress } from '@ai-gateway/shared/steps/connection-check';
import { connectionForm } from '@ai-gateway/shared/steps/connection-form';
import { type Component, connectionId } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors } from './make-errors.ts';
import { helpOf } from './make-field.ts';

const { 404: _, ...errors } = makeErrors();

const form = connectionForm('make');

const inMake = { platform: 'make', url: gatewayAddress('parameters') } as const;
const elsewhere = inQuotes(connectionText('not_the_gateway', inMake));
const noProvider = connectionText('no_provider', inMake);
const keyRefused = inQuotes(connectionText('key_refused', { ...inMake, message: '[401] {{body.error.message}}' }));

/** In the name of the connection, where its owner sees it: Make has no other place for a warning. */
const warning = `{{if(replace(parameters.baseUrl, '/${openAddress}/', '') == parameters.baseUrl, '', ', ${connectionText('not_encrypted', inMake)}')}}`;

/** A key and an address. The test asks who the key is, and tells apart what can be wrong. */
export const connection: Component = {
  kind: 'connection',
  id: connectionId,
  about: { label: 'AI Gateway', connectionType: 'basic' },
  code: {
    communication: {
      url: `${gatewayAddress('parameters')}/v1/me`,
      headers: { Authorization: bearer('parameters') },
      ...noRedirects,
      response: {
        valid: '{{if(statusCode < 300, if(body.workspace.id, if(body.providers[1].id, true, false), false), false)}}',
        metadata: {
          type: 'text',
          value: `{{body.key.name}} ({{body.workspace.name}}, {{body.key.mode}}${warning})`,
        },
        error: {
          ...errors,
          message: `{{if(body.error.message, '[' + statusCode + '] ' + body.error.message, '${elsewhere}')}}`,
          200: {
            message: `{{if(body.workspace.id, '${noProvider}', '${elsewhere}')}}`,
            type: 'RuntimeError',
          },
          401: {
            // A server that refuses without saying why is not a gateway.
            message: `{{if(body.error.message, '${keyRefused}', '${elsewhere}')}}`,
            type: 'InvalidAccessTokenError',
          },
        },
      },
      log: { sanitize: secrets },
    },
    params: [
      {
        name: form.key.key,
        type: 'password',
        label: form.key.label,
        required: true,
        editable: true,
        help: form.key.help,
      },
      {
        name: form.address.key,
        type: 'url',
        label: form.address.label,
        required: true,
        // A later edit would send the key to another host.
        editable: false,
        help: helpOf(form.address),
      },
    ],
  },
};

/** An expression inside a string of an expression: the string is closed and opened around it. */
function inQuotes(text: string): string {
  return text.replaceAll('{{', "' + ").replaceAll('}}', " + '");
}
