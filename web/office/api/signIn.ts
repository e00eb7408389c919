import { client, unwrap } from '../../shared/api/client';
import type { Me } from '../../shared/api/types';

export interface Credentials {
  email: string;
  password: string;
  /** The code of the second factor; absent until the server asks for it. */
  otp?: string;
  /** Stay signed in on this browser for 30 days. */
  remember: boolean;
}

/** Open a session. The server answers `auth.second_factor_required` when it wants a code as well. */
export function signIn(credentials: Credentials): Promise<Me> {
  return unwrap(client.POST('/web/session', { body: credentials }));
}
