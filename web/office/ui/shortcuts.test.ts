// @vitest-environment happy-dom
import { renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { comboOf, singleKeys, useShortcuts } from './shortcuts';

function press(
  key: string,
  options: KeyboardEventInit = {},
  target: EventTarget = document.body,
): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options });
  target.dispatchEvent(event);
  return event;
}

afterEach(() => {
  document.body.replaceChildren();
  singleKeys.turn(true);
});

it('names what was pressed', () => {
  const combo = (key: string, options: KeyboardEventInit = {}) =>
    comboOf(new KeyboardEvent('keydown', { key, ...options }));
  expect(combo('j')).toBe('j');
  expect(combo('J', { shiftKey: true })).toBe('shift+j');
  expect(combo('ArrowDown', { shiftKey: true })).toBe('shift+arrowdown');
  expect(combo('a', { ctrlKey: true })).toBe('mod+a');
  expect(combo('k', { metaKey: true })).toBe('mod+k');
  expect(combo(' ')).toBe('space');
  expect(combo('?', { shiftKey: true })).toBe('?');
});

describe('useShortcuts', () => {
  it('acts on the page, and the screen mounted last comes first', () => {
    const below = vi.fn();
    const above = vi.fn();
    const shell = renderHook(() => useShortcuts({ j: below, '?': below }));
    const screen = renderHook(() => useShortcuts({ j: above }));
    expect(press('j').defaultPrevented).toBe(true);
    expect(above).toHaveBeenCalledOnce();
    expect(below).not.toHaveBeenCalled();
    press('?', { shiftKey: true });
    expect(below).toHaveBeenCalledOnce();
    screen.unmount();
    press('j');
    expect(below).toHaveBeenCalledTimes(2);
    shell.unmount();
    press('j');
    expect(below).toHaveBeenCalledTimes(2);
  });

  it('leaves keys to text fields, except those that act everywhere', () => {
    const letter = vi.fn();
    const everywhere = vi.fn();
    const { unmount } = renderHook(() => useShortcuts({ j: letter, 'mod+k': everywhere }, ['mod+k']));
    const field = document.body.appendChild(document.createElement('input'));
    press('j', {}, field);
    press('k', { ctrlKey: true }, field);
    expect(letter).not.toHaveBeenCalled();
    expect(everywhere).toHaveBeenCalledOnce();
    unmount();
  });

  it('leaves keys to what floats above the page', () => {
    const escape = vi.fn();
    const { unmount } = renderHook(() => useShortcuts({ escape }));
    const menu = document.body.appendChild(document.createElement('div'));
    menu.setAttribute('role', 'menu');
    press('Escape');
    expect(escape).not.toHaveBeenCalled();
    menu.remove();
    press('Escape');
    expect(escape).toHaveBeenCalledOnce();
    unmount();
  });

  it('lets Enter and Space press the button that has the focus', () => {
    const act = vi.fn();
    const { unmount } = renderHook(() => useShortcuts({ enter: act, space: act }));
    const button = document.body.appendChild(document.createElement('button'));
    press('Enter', {}, button);
    press(' ', {}, button);
    expect(act).not.toHaveBeenCalled();
    unmount();
  });

  it('knows sequences, and can be told to ignore single letters', () => {
    const go = vi.fn();
    const down = vi.fn();
    const arrow = vi.fn();
    const { unmount } = renderHook(() => useShortcuts({ 'g j': go, j: down, arrowdown: arrow }));
    press('g');
    press('j');
    expect(go).toHaveBeenCalledOnce();
    expect(down).not.toHaveBeenCalled();
    singleKeys.turn(false);
    press('j');
    press('ArrowDown');
    expect(down).not.toHaveBeenCalled();
    expect(arrow).toHaveBeenCalledOnce();
    unmount();
  });
});
