import { useEffect, useRef, useSyncExternalStore } from 'react';

const STORE = 'firstfix.shortcuts';
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** How the key beside the letter is called on this keyboard. */
export const MOD = isMac ? '⌘' : 'Ctrl';

const listeners = new Set<() => void>();

/** Single letters can get in the way of speech input, so they can be switched off. */
export const singleKeys = {
  areOn: () => localStorage.getItem(STORE) !== 'off',
  turn(on: boolean) {
    localStorage.setItem(STORE, on ? 'on' : 'off');
    for (const listener of listeners) listener();
  },
};

/** Whether single letters act. */
export function useSingleKeys(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, singleKeys.areOn);
}

/** The name of what was pressed: `j`, `shift+arrowdown`, `mod+a`, `?`. */
export function comboOf(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  const isSign = key.length === 1 && !/[a-z0-9 ]/.test(key);
  return [
    event.ctrlKey || event.metaKey ? 'mod+' : '',
    event.altKey ? 'alt+' : '',
    // A sign such as ? needs Shift on some keyboards and not on others.
    event.shiftKey && !isSign ? 'shift+' : '',
    key === ' ' ? 'space' : key,
  ].join('');
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      (target.matches('input, textarea, select') && !target.matches('[type=checkbox], [type=radio]')))
  );
}

/** Whether something that floats is open: then the keys belong to it. */
function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=menu], [role=listbox]') !== null;
}

function pressesTarget(event: KeyboardEvent): boolean {
  return (
    (event.key === ' ' || event.key === 'Enter') &&
    event.target instanceof HTMLElement &&
    event.target.closest('button, a, summary, [type=checkbox]') !== null
  );
}

type Actions = Record<string, (event: KeyboardEvent) => void>;

interface Registration {
  actions: { current: Actions };
  always: readonly string[];
}

const SEQUENCE_MS = 1200;
const registrations: Registration[] = [];
let goPressedAt = Number.NEGATIVE_INFINITY;

function mayAct({ always }: Registration, combo: string, event: KeyboardEvent): boolean {
  if (always.includes(combo)) return true;
  if (isTyping(event.target) || isCovered() || pressesTarget(event)) return false;
  return singleKeys.areOn() || combo.replace('shift+', '').replace('g ', '').length > 1;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = comboOf(event);
  if (['control', 'shift', 'alt', 'meta'].includes(event.key.toLowerCase())) return;

  const followsGo = event.timeStamp - goPressedAt < SEQUENCE_MS;
  goPressedAt = Number.NEGATIVE_INFINITY;
  const combo = followsGo ? `g ${pressed}` : pressed;
  // The screen mounted last comes first.
  const registration = registrations.findLast(({ actions }) => actions.current[combo] !== undefined);
  if (registration === undefined) {
    if (pressed === 'g' && !isTyping(event.target) && !isCovered()) goPressedAt = event.timeStamp;
    return;
  }
  if (!mayAct(registration, combo, event)) return;
  event.preventDefault();
  registration.actions.current[combo]?.(event);
}

/**
 * Act on keys anywhere on the page, but never while somebody types, a menu is open, or the key presses what has
 * the focus.
 *
 * Keys are named as in `comboOf`; `g j` stands for G, then J. `always` lists those that act in text fields as well.
 */
export function useShortcuts(actions: Actions, always: readonly string[] = []): void {
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });

  const alwaysKey = always.join(' ');
  useEffect(() => {
    const registration = { actions: current, always: alwaysKey.split(' ') };
    registrations.push(registration);
    // Seen on the way down: a menu that closes itself on Escape is still open then, and keeps its key.
    if (registrations.length === 1) document.addEventListener('keydown', onKeyDown, true);
    return () => {
      registrations.splice(registrations.indexOf(registration), 1);
      if (registrations.length === 0) document.removeEventListener('keydown', onKeyDown, true);
    };
  }, [alwaysKey]);
}
