import { useQuery } from '@tanstack/react-query';
import { isValidElement, type ReactNode, useState } from 'react';
import { callNamed } from '../api/client.ts';
import { useMode } from '../api/mode.ts';
import { findOperation, isDangerous } from '../api/operations.ts';
import { keyOf } from '../api/queries.ts';
import { useMay } from '../api/session.ts';
import { type FormRequest, useFormDialog } from '../frame/overlay.tsx';
import { Button } from './button.tsx';
import { Card, Loaded } from './card.tsx';
import { Pages } from './pages.tsx';
import styles from './parts.module.css';
import { Table } from './table.tsx';
import { When } from './when.tsx';

interface Thing {
  id: string;
  [field: string]: unknown;
}

type Words = (value: unknown, row: Thing) => ReactNode;

type Adding = Omit<FormRequest, 'operation'> & { operation: string; button: string };

export interface Things {
  title: string;
  list: string;
  /** Fields of a row and their titles, the name first; `words` says a value that is more than text. */
  columns: readonly (readonly [field: string, title: string, words?: Words])[];
  empty: string;
  /** The button that adds one. */
  add?: Adding;
  /** A second button, for another kind of the same thing. */
  alsoAdd?: Adding;
  /** The actions on a row, by the id of an operation; `unless` is a field whose value rules the action out. */
  actions: readonly {
    operation: string;
    button: string;
    initial?: boolean;
    only?: readonly string[];
    unless?: string;
  }[];
}

/** The things of one list operation, with what may be done to each: settings that need no more than that. */
export function ThingsCard({ things }: { things: Things }): ReactNode {
  const may = useMay();
  const mode = useMode();
  const openForm = useFormDialog();
  const { title, list, columns, empty, add, alsoAdd, actions } = things;
  const adds = [add, alsoAdd].flatMap((one) => (one !== undefined && may(one.operation) ? [one] : []));
  const [cursor, setCursor] = useState<string | undefined>();
  const input = cursor === undefined ? {} : { cursor };
  const query = useQuery({
    queryKey: keyOf(list, input, mode),
    queryFn: () => callNamed(list, input),
    select: pageIn,
    enabled: may(list),
    placeholderData: (before) => before,
  });
  if (!may(list)) return null;
  return (
    <Card
      title={title}
      actions={
        adds.length === 0
          ? undefined
          : adds.map((one) => (
              <Button key={one.button} small onClick={() => openForm(one)}>
                {one.button}
              </Button>
            ))
      }
    >
      <Loaded query={query}>
        {({ rows, next }) => (
          <>
            <Table
              stacked
              caption={title}
              columns={[
                ...columns.map(([field, heading, words]) => ({
                  key: field,
                  title: heading,
                  cell: (row: Thing) => <Value value={saidBy(row, field, words)} field={field} />,
                })),
                {
                  key: 'do',
                  title: '',
                  cell: (row: Thing) => (
                    <span className={`${styles.row} screen-only`}>
                      {actions.flatMap(({ operation, button, initial = false, only, unless }) =>
                        may(operation) && (unless === undefined || row[unless] == null)
                          ? [
                              <Button
                                key={operation}
                                small
                                kind={
                                  isDangerous(findOperation(operation) ?? { id: operation, method: 'GET' })
                                    ? 'danger'
                                    : 'plain'
                                }
                                aria-label={`${button} ${nameOf(row, columns)}`}
                                onClick={() =>
                                  openForm({
                                    operation,
                                    title: `${button} ${nameOf(row, columns)}`,
                                    fixed: { id: row.id },
                                    ...(initial && { initial: row }),
                                    ...(only !== undefined && { only }),
                                    ...(isDangerous(findOperation(operation) ?? { id: operation, method: 'GET' }) && {
                                      confirmName: nameOf(row, columns),
                                    }),
                                    submit: button,
                                  })
                                }
                              >
                                {button}
                              </Button>,
                            ]
                          : [],
                      )}
                    </span>
                  ),
                },
              ]}
              rows={rows}
              rowKey={({ id }) => id}
              empty={empty}
            />
            <Pages next={next} cursor={cursor} onCursor={setCursor} />
          </>
        )}
      </Loaded>
    </Card>
  );
}

function saidBy(row: Thing, field: string, words: Words | undefined): unknown {
  const value = row[field];
  return value == null || words === undefined ? value : words(value, row);
}

function Value({ value, field }: { value: unknown; field: string }): ReactNode {
  if (value === null || value === undefined || value === '') return '–';
  if (isValidElement(value)) return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' && field.endsWith('_at')) return <When at={value} />;
  if (Array.isArray(value)) return <bdi>{value.map(textOf).join(', ')}</bdi>;
  return <bdi>{String(value)}</bdi>;
}

/** Of a thing in a list its name. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return 'name' in value && typeof value.name === 'string' ? value.name : '…';
}

function nameOf(row: Thing, columns: Things['columns']): string {
  const [field] = columns[0] ?? ['id'];
  return String(row[field] ?? row.id);
}

/** Lists that are one page have no cursor. */
function pageIn(answer: unknown): { rows: Thing[]; next: string | null } {
  const { data = [], next_cursor: next = null } = (typeof answer === 'object' && answer !== null ? answer : {}) as {
    data?: unknown;
    next_cursor?: unknown;
  };
  return { rows: Array.isArray(data) ? data.filter(isThing) : [], next: typeof next === 'string' ? next : null };
}

function isThing(row: unknown): row is Thing {
  return typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string';
}
