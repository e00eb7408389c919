import { IconX } from '@tabler/icons-react';
import type { ComponentProps } from 'react';
import classes from './filter.module.css';

interface Props extends ComponentProps<'button'> {
  /** What the filter says when set, as a sentence; null while it is not. */
  sentence: string | null;
  name: string;
  onClear: () => void;
}

/** One filter of a list: a dashed offer, or a sentence with a cross to take it back. */
export function Chip({ sentence, name, onClear, ref, ...button }: Props) {
  return (
    <span className={classes['chip']} data-set={sentence !== null || undefined}>
      <button type="button" ref={ref} title={sentence ?? undefined} {...button}>
        <span>{sentence ?? name}</span>
      </button>
      {sentence !== null && (
        <button
          type="button"
          className={classes['clear']}
          aria-label={`Clear filter: ${sentence}`}
          onClick={onClear}
        >
          <IconX size={13} stroke={2.2} aria-hidden />
        </button>
      )}
    </span>
  );
}
