import { type Component, connectionId } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors } from './make-errors.ts';

const { 404: _, ...errors } = makeErrors();

const elsewhere = `Something answers at ${gatewayAddress('parameters')}, but it is no AI Gateway. Check the gateway URL.`;
const noProvider =
  'The gateway is up and knows this key, but it has no provider. Give it a key of OpenAI, Anthropic or Gemini.';

/** In the name of the connection, where its owner sees it: Make has no other place for a warning. */
const openToAll =
  "{{if(replace(parameters.baseUrl, '/^ *http:[/][/](?!(localhost|127[.][0-9.]+|[[]::1.)([:/]|$))/i', '') == parameters.baseUrl, '', ', not encrypted: use https')}}";

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
          value: `{{body.key.name}} ({{body.workspace.name}}, {{body.key.mode}}${openToAll})`,
        },
        error: {
          ...errors,
          message: `{{if(body.error.message, '[' + statusCode + '] ' + body.error.message, '${inQuotes(elsewhere)}')}}`,
          200: {
            message: `{{if(body.workspace.id, '${noProvider}', '${inQuotes(elsewhere)}')}}`,
            type: 'RuntimeError',
          },
          401: {
            // Whoever refuses without saying why is no gateway.
            message: `{{if(body.error.message, 'The gateway answers, but it does not take this key. [401] ' + body.error.message, '${inQuotes(elsewhere)}')}}`,
            type: 'InvalidAccessTokenError',
          },
        },
      },
      log: { sanitize: secrets },
    },
    params: [
      {
        name: 'apiKey',
        type: 'password',
        label: 'API key',
        required: true,
        editable: true,
        help: 'The gateway prints one on its first start, and `POST /v1/keys` makes more. A key that begins with `gw_test_` spends no money: build with it first.',
      },
      {
        name: 'baseUrl',
        type: 'url',
        label: 'Gateway URL',
        required: true,
        // A later edit would send the key to another host.
        editable: false,
        help: 'For example, `https://gateway.example.com`. Make must be able to reach it; use https, so that nobody on the way can read the key.',
      },
    ],
  },
};

/** An expression inside a string of an expression: the string is closed and opened around it. */
function inQuotes(text: string): string {
  return text.replaceAll('{{', "' + ").replaceAll('}}', " + '");
}
