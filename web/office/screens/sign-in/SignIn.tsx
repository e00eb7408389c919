import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { Problem } from '../../../shared/api/problem';
import { meQuery } from '../../api/getMe';
import { signIn } from '../../api/signIn';
import { safeReturnTo } from '../../model/returnTo';
import { Door, doorForm, DoorProblem } from '../../ui/Door';
import { reasonText } from '../../ui/undo';
import { useTitle } from '../../ui/useTitle';

type Step = 'password' | 'code';

function explain(error: unknown, step: Step): string {
  if (error instanceof Problem && error.status === 401) {
    return step === 'code'
      ? 'That code was not accepted. Codes change every 30 seconds: wait for the next one and enter it here.'
      : 'The e-mail address and the password do not match. Check both, or ask your administrator to set a new password.';
  }
  return reasonText(error);
}

/** The seconds left of a wait that the server demands, counted down. */
function useWait(): [number, (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

/** E-mail and password, then the code of the second factor where the account has one. */
export function SignIn() {
  useTitle('Sign in');
  const router = useRouter();
  const queryClient = useQueryClient();
  const { to, ended } = useSearch({ from: '/sign-in' });
  const [step, setStep] = useState<Step>('password');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(false);
  const [code, setCode] = useState('');
  const [wait, setWait] = useWait();

  const attempt = useMutation({
    mutationFn: signIn,
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      void router.navigate({ href: safeReturnTo(to), replace: true });
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      if (error.code === 'auth.second_factor_required' && step === 'password') setStep('code');
      if (error.status === 429) setWait(error.retryAfterSeconds ?? 60);
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (wait > 0) return;
    const otp = code.replaceAll(/\s/g, '');
    attempt.mutate({ email: email.trim(), password, remember, ...(step === 'code' && { otp }) });
  }

  function startAgain(): void {
    attempt.reset();
    setCode('');
    setStep('password');
  }

  const isWaiting = wait > 0;
  const asksForCode =
    attempt.error instanceof Problem &&
    attempt.error.code === 'auth.second_factor_required' &&
    attempt.variables?.otp === undefined;
  const message = isWaiting
    ? `Too many attempts. Try again in ${wait} ${wait === 1 ? 'second' : 'seconds'}.`
    : attempt.isError &&
      !asksForCode &&
      !(attempt.error instanceof Problem && attempt.error.status === 429) &&
      explain(attempt.error, step);

  return (
    <Door
      title={step === 'password' ? 'Sign in' : 'Enter your code'}
      lead={
        step === 'password'
          ? ended
            ? 'Your session has ended. Sign in to go on where you were.'
            : 'With the account that your organisation gave you.'
          : `Open your authenticator app and enter the six digits for ${email}.`
      }
    >
      <form className={doorForm} onSubmit={submit}>
        {message && <DoorProblem>{message}</DoorProblem>}
        {step === 'password' ? (
          <>
            <TextInput
              label="E-mail"
              name="email"
              type="email"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              autoFocus
              size="md"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              size="md"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
            />
            <Checkbox
              label="Keep me signed in for 30 days"
              description="Only on a device that is yours."
              name="remember"
              checked={remember}
              onChange={(event) => setRemember(event.currentTarget.checked)}
            />
          </>
        ) : (
          <TextInput
            label="Code"
            name="otp"
            autoComplete="one-time-code"
            inputMode="numeric"
            pattern="[0-9 ]*"
            maxLength={9}
            required
            withAsterisk={false}
            autoFocus
            size="md"
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
        )}
        <Button type="submit" size="md" fullWidth loading={attempt.isPending} disabled={isWaiting}>
          {step === 'password' ? 'Sign in' : 'Continue'}
        </Button>
        {step === 'code' && (
          <Button variant="subtle" color="gray" fullWidth onClick={startAgain}>
            Use another account
          </Button>
        )}
      </form>
    </Door>
  );
}
