import { client, unwrap } from '../../shared/api/client';

/** End the session of this browser. */
export async function signOut(): Promise<void> {
  await unwrap(client.DELETE('/web/session'));
}
