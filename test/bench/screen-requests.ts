/** The cookie of whom the link signs in. */
export async function signIn(url: string, link: string | undefined): Promise<string> {
  const answer = await fetch(`${url}/auth/link`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json', 'x-gateway-app': '1' },
    body: JSON.stringify({ token: link?.split('#')[1] }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (!answer.ok || cookie === undefined) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  return cookie;
}

export async function get<T>(url: string, path: string, bearer: string): Promise<T> {
  return read<T>(path, await fetch(url + path, { headers: { authorization: `Bearer ${bearer}` } }));
}

export async function post<T>(
  url: string,
  path: string,
  { bearer, body }: { bearer: string; body: object },
): Promise<T> {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  return read<T>(path, await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function read<T>(path: string, answer: Response): Promise<T> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}
