import { client, unwrap } from '../../shared/api/client';
import type { Me } from '../../shared/api/types';

export interface SetUpChoice {
  organisation_name: string;
  /** A name of the IANA's, such as Europe/London. */
  time_zone: string;
  currency: string;
  first_name: string;
  last_name: string;
  email: string;
  password: string;
}

/** Ask whether a set-up link can be used. Throws `Problem` 404 when it cannot. */
export function checkSetUpLink(secret: string): Promise<undefined> {
  return unwrap(client.POST('/web/set-up/check', { body: { secret } }));
}

/** Found the organisation with a set-up link; its first administrator is then signed in. */
export function setUp(secret: string, choice: SetUpChoice): Promise<Me> {
  return unwrap(client.POST('/web/set-up', { body: { secret, ...choice } }));
}
