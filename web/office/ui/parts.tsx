// The small things that every screen shows.
import type { ReactNode } from 'react';
import type { Colour, Stage, Substate } from '../../shared/api/types';
import { distanceText, exactText, initials, scheduledText } from '../../shared/format';
import { hasBegun, SUBSTATES } from '../../shared/status';
import classes from './parts.module.css';
import { useNow } from './useNow';

/** A state as colour, dot and words: never colour alone. */
export function Badge({ colour, children }: { colour: Colour; children: string }) {
  return (
    <span className={classes['badge']} data-colour={colour} title={children}>
      <span>{children}</span>
    </span>
  );
}

interface StatusProps {
  status: { name: string; colour: Colour } | undefined;
  substate: Substate | null;
}

/** The organisation's status, with what the crew says while they are at it. */
export function Status({ status, substate }: StatusProps) {
  if (status === undefined) return null;
  if (substate === null) return <Badge colour={status.colour}>{status.name}</Badge>;
  const { name, colour } = SUBSTATES[substate];
  return <Badge colour={colour}>{`${status.name}, ${name.toLowerCase()}`}</Badge>;
}

/** How urgent, as bars; the name is for those who cannot see them. */
export function PriorityBars({ level, name }: { level: number; name: string }) {
  return <span className={classes['bars']} data-level={level} role="img" aria-label={name} title={name} />;
}

/** A person by initials; the name stands beside it. */
export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  return (
    <span className={classes['avatar']} data-large={large || undefined} aria-hidden>
      {initials(name)}
    </span>
  );
}

/** A person by initials and name. */
export function Person({ name }: { name: string }) {
  return (
    <span className={classes['person']} title={name}>
      <Avatar name={name} />
      <span>{name}</span>
    </span>
  );
}

/** A key on the keyboard. */
export function Kbd({ children }: { children: string }) {
  return <kbd className={classes['kbd']}>{children}</kbd>;
}

interface WhenProps {
  at: string;
  zone: string;
  stage: Stage;
}

/** When work is planned, as people say it; the exact time on hover. */
export function When({ at, zone, stage }: WhenProps) {
  const instant = new Date(at);
  const when = scheduledText(instant, useNow(), zone, hasBegun(stage));
  return (
    <time
      dateTime={at}
      title={exactText(instant, zone)}
      className={when.isLate ? classes['late'] : undefined}
    >
      {when.text}
    </time>
  );
}

/** How far away planned work is: "in 5d", "3d ago", or "3d late" when it has not begun. */
export function Distance({ at, zone, stage }: WhenProps) {
  const { text, isLate } = distanceText(new Date(at), useNow(), zone, hasBegun(stage));
  return <span className={isLate ? classes['late'] : 'muted'}>{text}</span>;
}

interface StateProps {
  icon?: ReactNode;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** Stands for the whole page, so its title is the page's. */
  isPage?: boolean;
}

/** A whole area that has nothing to show: says why, and offers the one useful thing. */
export function StateMessage({ icon, title, children, actions, isPage = false }: StateProps) {
  const Title = isPage ? 'h1' : 'h2';
  return (
    <div className={classes['state']}>
      {icon}
      <Title>{title}</Title>
      <p>{children}</p>
      {actions !== undefined && <div className={classes['stateActions']}>{actions}</div>}
    </div>
  );
}
