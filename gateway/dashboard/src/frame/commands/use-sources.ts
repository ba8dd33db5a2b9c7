import type { OutputOf } from '@ai-gateway/shared/contract';
import { scenarioText } from '@ai-gateway/shared/scenario-text';
import { useNavigate } from '@tanstack/react-router';
import { dashboardOperations, findOperation, isChange } from '../../api/operations.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { useRaise } from '../../components/use-raise.ts';
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
  if (wanted !== undefined && may('budgets.raise')) direct.push(...raiseHits(wanted, things.budgets, raise));
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
  const prompts = useRead('prompts.list', { ...search, limit: 20 }, { enabled: may('prompts.get'), keep: true });
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
      ...(scenarios.data?.data ?? []).map(({ id, name }) =>
        link(
          'Scenario',
          id,
          `Scenario ${scenarioText({ id, name })}`,
          `/app/calls?range=week&scenario_id=${encodeURIComponent(id)}`,
        ),
      ),
      ...(prompts.data?.data ?? []).map(({ id, name }) =>
        link('Prompt', id, name, `/app/prompts/${encodeURIComponent(id)}`),
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

/** A hit for each budget that answers to the name, or is for a client, project or scenario of it. */
function raiseHits(
  { name, byUsd }: { name: string; byUsd: number },
  budgets: readonly Budget[],
  raise: (budget: Budget, byUsd: number) => Promise<void>,
): Hit[] {
  return budgets
    .filter(({ name: own, scope }) => [own, ...Object.values(scope)].some((one) => answersTo(String(one), name)))
    .map((budget) => ({
      key: `raise ${budget.id}`,
      title: `Raise ${budget.name} by ${moneyForPeople(byUsd)} until its period ends`,
      kind: 'Action',
      run: () => raise(budget, byUsd),
    }));
}
