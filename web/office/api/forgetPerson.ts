import { forgetLists } from '../model/listMemory';
import { queryClient } from './queryClient';
import { rows } from './rows';

/** Forget everything that the last person could see. */
export function forgetPerson(): void {
  queryClient.clear();
  rows.clear();
  forgetLists();
}
