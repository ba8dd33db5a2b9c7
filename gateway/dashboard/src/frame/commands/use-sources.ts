import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call } from '../../api/client.ts';
import { dashboardOperations, findOperation, isChange } from '../../api/operations.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useToast } from '../../components/toast.tsx';
import { moneyForPeople } from '../../format/money.ts';
import type { Place } from '../navigation.ts';
import { useFormDialog } from '../overlay.tsx';
import { answersTo, type Hit, isRequestId, readRaise } from './hits.ts';
import { useStop } from './use-stop.ts';
import { verbs } from './verbs.ts';

interface Sources {
  /** Read off the text itself, and first of all: a request id, `raise acme 20`. */
  direct: readonly Hit[];
  hits: readonly Hit[];
  isLoading: boolean;
}

/** All that ⌘K finds: screens, the things of the workspace, and the contract's operations as verbs. */
export function useSources(text: string, places: readonly Place[]): Sources {
  const may = useMay();
  const go = useGo();
  const things = useThings(text);
  const openForm = useFormDialog();
  const stop = useStop();
  const raise = useRaise();
  const direct: Hit[] = [];
  if (isRequestId(text))
    direct.push({
      key: 'request',
      title: `Call ${text.trim()}`,
      kind: 'Call',
      run: () => go(`/app/calls?call=${encodeURIComponent(text.trim())}`),
    });
  const wanted = readRaise(text);
  if (wanted !== undefined && may('budgets.raise')) direct.push(...raise(wanted, things.budgets));
  const screens = places.map(({ name, path }) => ({ key: path, title: name, kind: 'Screen', run: () => go(path) }));
  const own = verbs.flatMap(({ operation, title, words, path, ...form }) =>
    findOperation(operation) !== undefined && may(operation)
      ? [
          {
            key: `verb ${operation}`,
            title,
            words,
            kind: 'Action',
            run: () => (path === undefined ? openForm({ operation, title, ...form }) : go(path)),
          },
        ]
      : [],
  );
  const others = dashboardOperations
    .filter((one) => isChange(one) && may(one.id) && !verbs.some(({ operation }) => operation === one.id))
    .map((one) => ({
      key: `operation ${one.id}`,
      title: one.label,
      words: [one.id.replaceAll('.', ' ')],
      kind: 'Action',
      run: () => openForm({ operation: one.id }),
    }));
  return { direct, hits: [...screens, ...stop, ...own, ...things.hits, ...others], isLoading: things.isLoading };
}

/** A string of the URL is the state: a path with its search parameters. */
function useGo(): (href: string) => Promise<void> {
  const navigate = useNavigate();
  return (href) => navigate({ href });
}

interface Things {
  hits: readonly Hit[];
  budgets: readonly Budget[];
  isLoading: boolean;
}

type Budget = OutputOf<'budgets.list'>['data'][number];

function useThings(text: string): Things {
  const may = useMay();
  const go = useGo();
  const search = text.trim() === '' ? {} : { search: text.trim().slice(0, 200) };
  const clients = useRead('clients.list', { ...search, limit: 20 }, { enabled: may('clients.list'), keep: true });
  const scenarios = useRead('scenarios.list', { ...search, limit: 20 }, { enabled: may('scenarios.list'), keep: true });
  const budgets = useRead('budgets.list', { limit: 100 }, { enabled: may('budgets.list') });
  const keys = useRead('keys.list', {}, { enabled: may('keys.list') });
  const link = (kind: string, id: string, title: string, href: string): Hit => ({
    key: `${kind} ${id}`,
    title,
    words: [id],
    kind,
    run: () => go(href),
  });
  return {
    hits: [
      ...(clients.data?.data ?? []).map(({ id, name }) =>
        link('Client', id, name, `/app/clients/${encodeURIComponent(id)}`),
      ),
      ...(scenarios.data?.data ?? []).map(({ id }) =>
        link('Scenario', id, `Scenario ${id}`, `/app/calls?scenario_id=${encodeURIComponent(id)}`),
      ),
      ...(budgets.data?.data ?? []).map(({ id, name }) =>
        link('Budget', id, name, `/app/budgets?budget=${encodeURIComponent(id)}`),
      ),
      ...(keys.data?.data ?? []).map(({ id, name }) =>
        link('Key', id, name, `/app/keys?key=${encodeURIComponent(id)}`),
      ),
    ],
    budgets: budgets.data?.data ?? [],
    isLoading: [clients, scenarios, budgets].some(({ isLoading }) => isLoading),
  };
}

type Raise = (wanted: { name: string; byUsd: number }, budgets: readonly Budget[]) => Hit[];

/** A raise until the period ends, taken back by Undo. */
function useRaise(): Raise {
  const queries = useQueryClient();
  const toast = useToast();
  return ({ name, byUsd }, budgets) =>
    budgets
      .filter(({ name: own, scope }) => [own, ...Object.values(scope)].some((one) => answersTo(String(one), name)))
      .map((budget) => ({
        key: `raise ${budget.id}`,
        title: `Raise ${budget.name} by ${moneyForPeople(byUsd)} until its period ends`,
        kind: 'Action',
        run: async () => {
          const raised = await call('budgets.raise', { id: budget.id, by_usd: byUsd });
          await queries.invalidateQueries({ queryKey: ['operation'] });
          toast({
            text: `${budget.name} is raised by ${moneyForPeople(byUsd)}`,
            undo: undoOf(budget.id, raised, () => queries.invalidateQueries({ queryKey: ['operation'] })),
          });
        },
      }));
}

/** Takes a raise back, where the answer names it. */
function undoOf(
  id: string,
  raised: OutputOf<'budgets.raise'>,
  then: () => Promise<void>,
): (() => Promise<void>) | undefined {
  const { raise_id: raiseId } = raised;
  if (raiseId === undefined) return undefined;
  return async () => {
    await call('budgets.raises.remove', { id, raise_id: raiseId });
    await then();
  };
}
