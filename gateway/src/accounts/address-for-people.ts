/**
 * The gateway's address as links and mails show it: on this machine by its name. Passkeys take no IP address, so people sign in at `localhost`, and a link to
 * `127.0.0.1` would ask them to sign in a second time.
 */
export function addressForPeople(publicUrl: string): string {
  return publicUrl.replace(/^http:\/\/(127\.0\.0\.1|\[::1\])(?=[:/]|$)/, 'http://localhost');
}
