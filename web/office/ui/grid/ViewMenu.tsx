import { ActionIcon, Menu } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import type { GridColumns } from './useGridColumns';

export type Density = 'comfortable' | 'compact';

interface Props<Row> {
  columns: GridColumns<Row>;
  density: Density;
  onDensity: (density: Density) => void;
}

/** Which columns a list shows, and how close its rows stand. */
export function ViewMenu<Row>({ columns, density, onDensity }: Props<Row>) {
  return (
    <Menu position="bottom-end" width={210} closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={30}
          aria-label="Columns and density"
          title="Columns and density"
        >
          <IconAdjustmentsHorizontal size={17} stroke={1.7} color="var(--ff-text-soft)" aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={460} style={{ overflowY: 'auto' }}>
        <Menu.Label>Density</Menu.Label>
        <Menu.RadioGroup value={density} onChange={(value) => onDensity(value as Density)}>
          <Menu.RadioItem value="comfortable">Comfortable</Menu.RadioItem>
          <Menu.RadioItem value="compact">Compact</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>Columns</Menu.Label>
        {columns.all
          .filter((column) => column.isFixed !== true)
          .map((column) => (
            <Menu.CheckboxItem
              key={column.id}
              checked={columns.isShown(column)}
              onChange={(shown) => columns.show(column, shown)}
            >
              {column.name}
            </Menu.CheckboxItem>
          ))}
        <Menu.Divider />
        <Menu.Item disabled={!columns.isChanged} onClick={columns.reset}>
          Reset columns and widths
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
