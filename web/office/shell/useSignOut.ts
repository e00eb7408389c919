import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { forgetPerson } from '../api/forgetPerson';
import { signOut } from '../api/signOut';
import { dropMessages, showFailure } from '../ui/undo';

/** End the session and go to the sign-in. A session that cannot be ended is said, not hidden. */
export function useSignOut(): () => void {
  const navigate = useNavigate();
  const { mutate } = useMutation({
    mutationFn: signOut,
    onSuccess: async () => {
      await navigate({ to: '/sign-in' });
      forgetPerson();
      dropMessages();
    },
    onError: (error) => showFailure('You are still signed in', error),
  });
  return () => mutate();
}
