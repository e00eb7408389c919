import { Combobox, useCombobox } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Chip } from './Chip';
import classes from './filter.module.css';

export interface Choice {
  value: string;
  name: string;
  icon?: ReactNode;
}

interface Props {
  /** "Status": the filter reads "Status is New or Booked". */
  name: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** Open at once: the chip has just been asked for. */
  isNew?: boolean;
  /** Closed without a choice. */
  onClose?: () => void;
}

const SEARCH_FROM = 8;

/** "Status is New", "Status is New or Booked", "Status is New, Booked or 2 more". */
export function choiceSentence(name: string, names: readonly string[]): string {
  const [first, second] = names;
  if (names.length === 1) return `${name} is ${first}`;
  if (names.length === 2) return `${name} is ${first} or ${second}`;
  return `${name} is ${first}, ${second} or ${names.length - 2} more`;
}

/** A filter with a list to choose from, any number at once. */
export function ChoiceChip({ name, choices, chosen, onChange, isNew = false, onClose }: Props) {
  const [search, setSearch] = useState('');
  const combobox = useCombobox({
    defaultOpened: isNew,
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setSearch('');
      combobox.focusTarget();
      onClose?.();
    },
  });
  const hasSearch = choices.length >= SEARCH_FROM;
  const matching = choices.filter((choice) =>
    choice.name.toLowerCase().includes(search.trim().toLowerCase()),
  );
  const names = choices.filter((choice) => chosen.includes(choice.value)).map((choice) => choice.name);
  // Before the names are loaded the count stands for them.
  const sentence =
    chosen.length === 0
      ? null
      : names.length === 0
        ? `${name} is one of ${chosen.length}`
        : choiceSentence(name, names);

  function toggle(value: string): void {
    onChange(chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value]);
  }

  return (
    <Combobox
      store={combobox}
      width={250}
      position="bottom-start"
      keepMounted={false}
      onOptionSubmit={toggle}
    >
      <Combobox.Target targetType="button" withAriaAttributes>
        <Chip
          name={name}
          sentence={sentence}
          onClear={() => onChange([])}
          onClick={() => combobox.toggleDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        {hasSearch && (
          <Combobox.Search
            value={search}
            onChange={(event) => {
              setSearch(event.currentTarget.value);
              combobox.selectFirstOption();
            }}
            placeholder={`Find ${name.toLowerCase()}`}
            aria-label={`Find ${name.toLowerCase()}`}
          />
        )}
        <Combobox.Options className={classes['options'] ?? ''} aria-label={name}>
          {matching.map((choice) => {
            const isOn = chosen.includes(choice.value);
            return (
              <Combobox.Option key={choice.value} value={choice.value} active={isOn} selected={isOn}>
                <span className={classes['option']}>
                  <span className={classes['tick']} data-on={isOn || undefined} aria-hidden>
                    {isOn && <IconCheck size={11} stroke={3} />}
                  </span>
                  {choice.icon}
                  <span>{choice.name}</span>
                </span>
              </Combobox.Option>
            );
          })}
          {matching.length === 0 && <Combobox.Empty>Nothing has “{search}” in its name.</Combobox.Empty>}
        </Combobox.Options>
        <AtStart
          run={() => {
            combobox.selectFirstOption();
            if (hasSearch) combobox.focusSearchInput();
            else combobox.focusTarget();
          }}
        />
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** Runs something once, when what is around it has been put on the page. */
function AtStart({ run }: { run: () => void }) {
  const first = useRef(run);
  useEffect(() => first.current(), []);
  return null;
}
