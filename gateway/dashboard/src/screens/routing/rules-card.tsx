import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded, messageOf } from '../../components/card.tsx';
import { sayCondition } from '../../components/condition-words.ts';
import { Empty } from '../../components/empty.tsx';
import parts from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { useToast } from '../../components/toast.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { sayThen } from './rule-words.ts';
import styles from './rules-card.module.css';

type Rules = OutputOf<'rules.list'>;
type Rule = Rules['data'][number];

/** The rules in the order in which they are looked at: the first that matches decides. */
export function RulesCard(): ReactNode {
  const may = useMay();
  const { rule: openId } = useSearch({ from: '/frame/app/routing' });
  const navigate = useNavigate({ from: '/app/routing' });
  const rules = useRead('rules.list', {});
  const show = (rule: string | undefined): void => void navigate({ search: rule === undefined ? {} : { rule } });
  return (
    <Card
      title="Rules"
      actions={
        may('rules.create') ? (
          <Button kind="primary" small onClick={() => show('new')}>
            New rule
          </Button>
        ) : undefined
      }
    >
      <Loaded query={rules}>
        {(list) => (
          <>
            {list.data.length === 0 ? (
              <Empty>
                No rule yet. A rule sends some calls to another model, caps their answers, or refuses them; everything
                else goes as before.
              </Empty>
            ) : (
              <RuleList list={list} />
            )}
            {openId === undefined ? null : (
              <RuleDialog
                key={openId}
                rule={list.data.find(({ id }) => id === openId)}
                version={list.version}
                onClose={() => show(undefined)}
              />
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function RuleList({ list }: { list: Rules }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const order = useChange('rules.order');
  const rows = useRef<HTMLOListElement>(null);
  const { data: rules, version } = list;
  const canMove = may('rules.order') && rules.length > 1;

  const move = async (at: number, by: number): Promise<void> => {
    const to = at + by;
    const moved = rules[at];
    if (moved === undefined || to < 0 || to >= rules.length || order.isPending) return;
    const ids = rules
      .map(({ id }) => id)
      .toSpliced(at, 1)
      .toSpliced(to, 0, moved.id);
    try {
      await order.mutateAsync({ ids, expected_version: version });
      toast({ text: `${moved.name} is rule ${to + 1} of ${rules.length}` });
      // The row has moved in the page, and the focus moves with it.
      requestAnimationFrame(() => rows.current?.querySelector<HTMLElement>(`[data-rule="${moved.id}"] a`)?.focus());
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  const onKeyDown = (at: number) => (event: KeyboardEvent) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined || !event.altKey || !canMove) return;
    event.preventDefault();
    void move(at, by);
  };
  return (
    <>
      <ol ref={rows} className={styles.list}>
        {rules.map((rule, at) => (
          <li key={rule.id} className={styles.rule} data-rule={rule.id} onKeyDown={onKeyDown(at)}>
            <span className={styles.place}>{at + 1}</span>
            <RuleText rule={rule} />
            <div className={`${parts.row} screen-only`}>
              {canMove ? (
                <>
                  <Button
                    small
                    kind="quiet"
                    aria-label={`Move ${rule.name} up`}
                    disabled={at === 0 || order.isPending}
                    onClick={() => void move(at, -1)}
                  >
                    ↑
                  </Button>
                  <Button
                    small
                    kind="quiet"
                    aria-label={`Move ${rule.name} down`}
                    disabled={at === rules.length - 1 || order.isPending}
                    onClick={() => void move(at, 1)}
                  >
                    ↓
                  </Button>
                </>
              ) : null}
              <RuleButtons rule={rule} version={version} />
            </div>
          </li>
        ))}
      </ol>
      {canMove ? <p className={styles.hint}>Alt with ↑ or ↓ moves the rule that has the focus.</p> : null}
    </>
  );
}

function RuleText({ rule }: { rule: Rule }): ReactNode {
  return (
    <div className={styles.text}>
      <Link to="/app/routing" search={{ rule: rule.id }}>
        <bdi>{rule.name}</bdi>
      </Link>{' '}
      {rule.enabled ? null : <Status kind="plain">Off</Status>}
      <p dir="auto">
        <span className={parts.muted}>When</span> {sayCondition(rule.when)}
      </p>
      <p dir="auto">
        <span className={parts.muted}>then</span> {sayThen(rule.then)}
      </p>
    </div>
  );
}

function RuleButtons({ rule: { id, name, enabled }, version }: { rule: Rule; version: number }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const openForm = useFormDialog();
  const update = useChange('rules.update');
  const setEnabled = async (next: boolean): Promise<void> => {
    try {
      const saved = await update.mutateAsync({ id, enabled: next, expected_version: version });
      toast({
        text: `${name} is ${next ? 'on' : 'off'}`,
        undo: () => update.mutateAsync({ id, enabled: !next, expected_version: saved.version }),
      });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <>
      {may('rules.update') ? (
        <Button
          small
          disabled={update.isPending}
          aria-label={`Switch ${enabled ? 'off' : 'on'} ${name}`}
          onClick={() => void setEnabled(!enabled)}
        >
          {enabled ? 'Switch off' : 'Switch on'}
        </Button>
      ) : null}
      {may('rules.remove') ? (
        <Button
          small
          kind="danger"
          aria-label={`Delete ${name}`}
          onClick={() =>
            openForm({
              operation: 'rules.remove',
              title: `Delete the rule ${name}`,
              fixed: { id, expected_version: version },
              only: ['note'],
              confirmName: name,
              submit: 'Delete',
              done: `${name} is deleted. Versions has the rules before.`,
            })
          }
        >
          Delete
        </Button>
      ) : null}
    </>
  );
}
