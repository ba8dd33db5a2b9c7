import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import {
  countViews,
  deleteView,
  insertView,
  listViews,
  lockView,
  type SavedView,
  updateView,
  type ViewScope,
} from './view-store.ts';

interface ViewPorts {
  db: Pool;
  now: () => number;
}

/** Of a person in a workspace, and of the workspace itself: a menu of more is no menu. */
const viewsMax = 200;

export const viewHandlers: Pick<
  Handlers<Context<ViewPorts>>,
  'views.list' | 'views.create' | 'views.update' | 'views.remove'
> = {
  'views.list': async ({ screen }, { caller, services }) => {
    const views = await listViews(services.db, placeOf(caller), screen);
    return { data: views.map(describe), next_cursor: null };
  },

  'views.create': async ({ screen, name, query, shared }, { caller, services, audit }) => {
    const place = placeOf(caller);
    const nowMs = services.now();
    const personId = shared ? null : ownerOf(caller);
    if (personId === null) checkMayShare(caller);
    const view: SavedView = { id: newId('view', nowMs), screen, name, query, personId, createdAt: new Date(nowMs) };
    await withTransaction(services.db, async (tx) => {
      if ((await countViews(tx, place, personId)) >= viewsMax)
        throw new GatewayError(
          'conflict',
          `There are ${viewsMax} saved views already. Delete one, then save this one.`,
        );
      if (!(await insertView(tx, place, view))) throw nameTaken(name);
      await audit(tx, { target: targetOf(view), after: settingsOf(view) });
    });
    return describe(view);
  },

  'views.update': async ({ id, name, query }, { caller, services, audit }) => {
    const place = placeOf(caller);
    return withTransaction(services.db, async (tx) => {
      const before = await takeView(tx, caller, id);
      const after = { ...before, name: name ?? before.name, query: query ?? before.query };
      if (!(await updateView(tx, place, after))) throw nameTaken(after.name);
      await audit(tx, { target: targetOf(after), before: settingsOf(before), after: settingsOf(after) });
      return describe(after);
    });
  },

  'views.remove': async ({ id }, { caller, services, audit }) => {
    await withTransaction(services.db, async (tx) => {
      const view = await takeView(tx, caller, id);
      await deleteView(tx, placeOf(caller), view.id);
      await audit(tx, { target: targetOf(view), before: settingsOf(view) });
    });
    return null;
  },
};

function placeOf({ workspaceId, livemode, person }: Caller): ViewScope {
  return { workspaceId, livemode, personId: person?.id };
}

/** A view to change: the caller's own, or one of the workspace where the role allows that. */
async function takeView(tx: Db, caller: Caller, id: string): Promise<SavedView> {
  const view = await lockView(tx, placeOf(caller), id);
  if (view === undefined)
    throw new GatewayError('not_found', 'Unknown view. See GET /v1/views for those that you see.', { param: 'id' });
  if (view.personId === null) checkMayShare(caller);
  return view;
}

/** A view of the workspace changes what others see, and viewers change nothing of that. */
function checkMayShare({ role }: Caller): void {
  if (role === 'viewer')
    throw new GatewayError(
      'forbidden',
      'Views of the workspace need the role owner or member; your role is viewer. Save a view of your own instead.',
      { param: 'shared' },
    );
}

function ownerOf({ person }: Caller): string {
  if (person !== undefined) return person.id;
  throw new GatewayError(
    'forbidden',
    'A key has no views of its own. Send "shared": true to save a view for the workspace.',
    { param: 'shared' },
  );
}

function nameTaken(name: string): GatewayError {
  return new GatewayError(
    'conflict',
    `A view of this screen is named "${name}" already. Choose another name, or change that view.`,
    { param: 'name' },
  );
}

function describe(view: SavedView): OutputOf<'views.create'> {
  return {
    id: view.id,
    screen: view.screen,
    name: view.name,
    query: view.query,
    shared: view.personId === null,
    created_at: view.createdAt.toISOString(),
  };
}

/** A person's own view is named in no log. */
function targetOf({ id, name, personId }: SavedView): AuditTarget {
  return { type: 'view', id, ...(personId === null && { name }) };
}

/** The filters of a person's own view are on record as changed or not, and those of the workspace in full. */
function settingsOf({ screen, name, query, personId }: SavedView): object {
  return personId === null ? { screen, name, query, shared: true } : { screen, shared: false };
}
