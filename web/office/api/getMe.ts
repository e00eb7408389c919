import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { client, unwrap } from '../../shared/api/client';
import type { Me } from '../../shared/api/types';

/** Who is signed in. Fails with 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }): Promise<Me> => unwrap(client.GET('/web/me', { signal })),
  staleTime: 300_000,
});

/** Who is signed in. For screens behind the sign-in. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}
