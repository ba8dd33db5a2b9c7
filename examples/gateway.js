/** The gateway that the examples call, from the environment. */
const { GATEWAY_URL, GATEWAY_KEY } = process.env;
if (!GATEWAY_URL || !GATEWAY_KEY) {
  console.error('Set GATEWAY_URL (such as http://127.0.0.1:8787) and GATEWAY_KEY (gw_test_… or gw_live_…).');
  process.exit(2);
}
export const key = GATEWAY_KEY;
/** Without a slash or `/v1` at its end. */
export const url = GATEWAY_URL.replace(/\/+$/, '').replace(/\/v1$/, '');

/**
 * Calls an operation of the gateway and answers its JSON. Where the gateway refuses, the error has its `status`, its `code`
 * (docs/errors.md lists them) and a message that says what to do.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 */
export async function ask(method, path, body, headers = {}) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) {
    const { message, code } = answer.error;
    throw Object.assign(new Error(`${method} ${path}: ${message}`), { status: response.status, code });
  }
  return answer;
}
