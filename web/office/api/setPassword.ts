import { client, unwrap } from '../../shared/api/client';

/** Ask whether a link to set a password can be used. Throws `Problem` 404 when it cannot. */
export function checkPasswordLink(secret: string): Promise<undefined> {
  return unwrap(client.POST('/web/password/check', { body: { secret } }));
}

/** Set one's own password with a link; nobody is signed in by that. */
export function setPassword(secret: string, password: string): Promise<undefined> {
  return unwrap(client.POST('/web/password', { body: { secret, password } }));
}
