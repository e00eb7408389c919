import { Anchor, Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { Problem } from '../../../shared/api/problem';
import { meQuery } from '../../api/getMe';
import { checkSetUpLink, setUp, type SetUpChoice } from '../../api/setUp';
import { SHORTEST_PASSWORD } from '../../model/password';
import { setUpErrors, type SetUpErrors } from '../../model/setUp';
import { Door, doorForm, doorPair, DoorProblem } from '../../ui/Door';
import { reasonText } from '../../ui/undo';
import { useTitle } from '../../ui/useTitle';

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A browser may know its own zone by a name that its list lacks, such as UTC.
const ZONES = [...new Set([OWN_ZONE, ...Intl.supportedValuesOf('timeZone')])].sort();
const CURRENCY_NAMES = new Intl.DisplayNames('en', { type: 'currency' });
const CURRENCIES = Intl.supportedValuesOf('currency').map((code) => ({
  value: code,
  label: `${CURRENCY_NAMES.of(code)} (${code})`,
}));

const NOTHING: SetUpChoice = {
  organisation_name: '',
  time_zone: OWN_ZONE,
  currency: 'GBP',
  first_name: '',
  last_name: '',
  email: '',
  password: '',
};

function isWorthless(error: unknown): boolean {
  return error instanceof Problem && error.code === 'founding.link_worthless';
}

/** What the server found wrong with single fields, beside them. */
function errorsOf(error: unknown): SetUpErrors {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.fields.filter(({ path }) => path in NOTHING).map((one) => [one.path, one.message]),
  );
}

/** Where a first start's one-time link leads: names the organisation and makes the first account. */
export function SetUp() {
  useTitle('Set up');
  const secret = useLocation({ select: (location) => location.hash });
  const check = useQuery({
    queryKey: ['set-up', secret],
    queryFn: () => checkSetUpLink(secret).then(() => true),
    enabled: secret !== '',
    retry: false,
    staleTime: Infinity,
  });
  const [isUsed, setUsed] = useState(false);

  if (secret === '' || isUsed || isWorthless(check.error)) return <WorthlessLink />;
  return <SetUpForm secret={secret} onWorthless={() => setUsed(true)} />;
}

function WorthlessLink() {
  return (
    <Door
      title="This link does not work any more"
      lead="A set-up link works once, for a day, and only while nobody has an account. Start the server again for a new one. If your organisation is there already, sign in."
    >
      <Button size="md" fullWidth renderRoot={(props) => <Link to="/sign-in" {...props} />}>
        Sign in
      </Button>
    </Door>
  );
}

function SetUpForm({ secret, onWorthless }: { secret: string; onWorthless: () => void }) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [choice, setChoice] = useState(NOTHING);
  const [errors, setErrors] = useState<SetUpErrors>({});
  const [refusals, setRefusals] = useState(0);

  const attempt = useMutation({
    mutationFn: (given: SetUpChoice) => setUp(secret, given),
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      void router.navigate({ to: '/jobs', replace: true });
    },
    onError: (error) => {
      if (isWorthless(error)) onWorthless();
      refuse(errorsOf(error));
    },
  });

  // Only what was just refused takes the focus: while somebody types it stays where it is.
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusals]);

  function refuse(found: SetUpErrors): void {
    setErrors(found);
    setRefusals((count) => count + 1);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    const found = setUpErrors(choice);
    refuse(found);
    attempt.reset();
    if (Object.keys(found).length === 0) attempt.mutate(choice);
  }

  /** What each field of the form is given. */
  function field(name: keyof SetUpChoice) {
    return {
      name,
      size: 'md',
      required: true,
      withAsterisk: false,
      value: choice[name],
      error: errors[name],
      onChange: (event: { currentTarget: { value: string } }) => {
        const { value } = event.currentTarget;
        setChoice((before) => ({ ...before, [name]: value }));
        setErrors(({ [name]: _, ...others }) => others);
      },
    };
  }

  const isOfOneField = Object.keys(errorsOf(attempt.error)).length > 0;
  return (
    <Door
      title="Set up Firstfix"
      lead="Name your organisation and make the first account, its administrator."
    >
      <form className={doorForm} onSubmit={submit} ref={form} noValidate>
        {attempt.isError && !isOfOneField && <DoorProblem>{reasonText(attempt.error)}</DoorProblem>}
        <TextInput
          {...field('organisation_name')}
          label="Organisation"
          autoComplete="organization"
          autoFocus
        />
        <NativeSelect {...field('time_zone')} label="Time zone" data={ZONES} />
        <NativeSelect {...field('currency')} label="Currency" data={CURRENCIES} />
        <div className={doorPair}>
          <TextInput {...field('first_name')} label="First name" autoComplete="given-name" />
          <TextInput {...field('last_name')} label="Last name" autoComplete="family-name" />
        </div>
        <TextInput
          {...field('email')}
          label="E-mail"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
        />
        <PasswordInput
          {...field('password')}
          label="Password"
          description={`At least ${SHORTEST_PASSWORD} characters.`}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
        />
        <Button type="submit" size="md" fullWidth loading={attempt.isPending}>
          Set up and sign in
        </Button>
        <Anchor size="sm" ta="center" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
          I have an account already
        </Anchor>
      </form>
    </Door>
  );
}
