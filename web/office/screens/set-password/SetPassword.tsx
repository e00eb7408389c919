import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { Problem } from '../../../shared/api/problem';
import { checkPasswordLink, setPassword } from '../../api/setPassword';
import { passwordError, SHORTEST_PASSWORD } from '../../model/password';
import { Door, doorForm, DoorProblem } from '../../ui/Door';
import { reasonText } from '../../ui/undo';
import { useTitle } from '../../ui/useTitle';

function isWorthless(error: unknown): boolean {
  return error instanceof Problem && error.code === 'access.password_link_worthless';
}

/** What the server found wrong with the password, beside it. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.fields.find(({ path }) => path === 'password')?.message;
}

/** Where an invitation or a link for a new password leads: somebody chooses their own password. */
export function SetPassword() {
  useTitle('Set your password');
  const secret = useLocation({ select: (location) => location.hash });
  const check = useQuery({
    queryKey: ['set-password', secret],
    queryFn: () => checkPasswordLink(secret).then(() => true),
    enabled: secret !== '',
    retry: false,
    staleTime: Infinity,
  });
  const attempt = useMutation({ mutationFn: (password: string) => setPassword(secret, password) });

  if (attempt.isSuccess) {
    return (
      <Door
        title="Your password is set"
        lead="Sign in with it. The link that led you here has done its work."
      >
        <SignInButton />
      </Door>
    );
  }
  if (secret === '' || isWorthless(check.error) || isWorthless(attempt.error)) {
    return (
      <Door
        title="This link does not work any more"
        lead="A link to set a password works once, and for a limited time. Ask your administrator for a new one. If you have set your password with it, sign in."
      >
        <SignInButton />
      </Door>
    );
  }
  return (
    <PasswordForm
      isPending={attempt.isPending}
      error={attempt.error}
      onChoose={(password) => attempt.mutate(password)}
      onEdit={() => attempt.reset()}
    />
  );
}

function SignInButton() {
  return (
    <Button size="md" fullWidth renderRoot={(props) => <Link to="/sign-in" {...props} />}>
      Sign in
    </Button>
  );
}

interface PasswordFormProps {
  isPending: boolean;
  error: Error | null;
  onChoose: (password: string) => void;
  /** What was refused is being changed. */
  onEdit: () => void;
}

function PasswordForm({ isPending, error, onChoose, onEdit }: PasswordFormProps) {
  const [password, setText] = useState('');
  const [isChecked, setChecked] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const refusal = (isChecked ? passwordError(password) : undefined) ?? refusalOf(error);

  useEffect(() => {
    if (refusal !== undefined) input.current?.focus();
  }, [refusal]);

  function submit(event: FormEvent): void {
    event.preventDefault();
    setChecked(true);
    if (passwordError(password) === undefined) onChoose(password);
  }

  return (
    <Door title="Set your password" lead="Choose one that you use nowhere else.">
      <form className={doorForm} onSubmit={submit} noValidate>
        {error !== null && refusalOf(error) === undefined && <DoorProblem>{reasonText(error)}</DoorProblem>}
        <PasswordInput
          ref={input}
          label="New password"
          name="password"
          description={`At least ${SHORTEST_PASSWORD} characters.`}
          autoComplete="new-password"
          required
          withAsterisk={false}
          autoFocus
          size="md"
          value={password}
          error={refusal}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setChecked(false);
            onEdit();
          }}
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
        />
        <Button type="submit" size="md" fullWidth loading={isPending}>
          Set password
        </Button>
      </form>
    </Door>
  );
}
