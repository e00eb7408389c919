import { IconAlertCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Logo } from './Logo';
import classes from './door.module.css';

interface DoorProps {
  title: string;
  lead: ReactNode;
  children: ReactNode;
}

/** A page for who is not in yet: one card with a heading, and what to do below it. */
export function Door({ title, lead, children }: DoorProps) {
  return (
    <main className={classes['page']}>
      <div className={classes['card']}>
        <div className={classes['brand']}>
          <Logo size={28} />
          Firstfix
        </div>
        <h1>{title}</h1>
        <p className={classes['lead']}>{lead}</p>
        {children}
      </div>
    </main>
  );
}

/** What went wrong with the whole form. */
export function DoorProblem({ children }: { children: ReactNode }) {
  return (
    <div className={classes['problem']} role="alert">
      <IconAlertCircle size={17} stroke={1.8} aria-hidden />
      <span>{children}</span>
    </div>
  );
}

/** The class of a form on such a page. */
export const doorForm = classes['form'];

/** The class of two fields beside each other, on a phone below each other. */
export const doorPair = classes['pair'];
