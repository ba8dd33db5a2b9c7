import { sqlState } from '../db/row-fault.ts';
import type { Db } from '../db/transaction.ts';
import { type SetFields, settingsFrom, type WorkspaceSettings } from './workspace-settings.ts';

interface SettingsKey {
  workspaceId: string;
  livemode: boolean;
}

/** The settings in force. Test mode sees live mode's wherever it has set nothing itself. */
export async function readSettings(db: Db, { workspaceId, livemode }: SettingsKey): Promise<WorkspaceSettings> {
  const { rows } = await db.query(
    `select w.name as workspace_name, s.* from workspaces w
     left join workspace_settings s on s.workspace_id = w.id and (s.livemode or s.livemode = $2)
     where w.id = $1 order by s.livemode desc`,
    [workspaceId, livemode],
  );
  const found = rows as (SettingsRow & { workspace_name: string })[];
  return settingsFrom(found[0]?.workspace_name ?? '', found.map(readRow));
}

/** The fields that this mode has set itself, locked until the transaction ends. */
export async function lockSettings(tx: Db, { workspaceId, livemode }: SettingsKey): Promise<SetFields> {
  await tx.query(
    `insert into workspace_settings (workspace_id, livemode) values ($1, $2) on conflict (workspace_id, livemode) do nothing`,
    [workspaceId, livemode],
  );
  const { rows } = await tx.query(
    'select * from workspace_settings where workspace_id = $1 and livemode = $2 for update',
    [workspaceId, livemode],
  );
  return readRow(rows[0] as SettingsRow);
}

/** Saves, and tells every process in the same transaction. `taken`: another workspace has the host name. */
export async function saveSettings(
  tx: Db,
  { workspaceId, livemode }: SettingsKey,
  fields: SetFields,
): Promise<'saved' | 'taken'> {
  if (livemode && fields.name !== undefined)
    await tx.query('update workspaces set name = $2 where id = $1', [workspaceId, fields.name]);
  try {
    await writeFields(tx, { workspaceId, livemode }, fields);
  } catch (error) {
    // The index over host names decides where two workspaces take one at once.
    if (sqlState(error) === '23505') return 'taken';
    throw error;
  }
  await tx.query(`select pg_notify('workspaces', $1)`, [workspaceId]);
  return 'saved';
}

async function writeFields(tx: Db, { workspaceId, livemode }: SettingsKey, fields: SetFields): Promise<void> {
  await tx.query(
    `update workspace_settings set name = $3, timezone = $4, locale = $5, billing = $6, branding = $7
     where workspace_id = $1 and livemode = $2`,
    [
      workspaceId,
      livemode,
      livemode ? null : (fields.name ?? null),
      fields.timezone ?? null,
      fields.locale ?? null,
      JSON.stringify(fields.billing ?? {}),
      JSON.stringify(fields.branding ?? {}),
    ],
  );
}

interface SettingsRow {
  name: string | null;
  timezone: string | null;
  locale: string | null;
  billing: SetFields['billing'] | null;
  branding: SetFields['branding'] | null;
}

function readRow(row: SettingsRow): SetFields {
  return {
    name: row.name ?? undefined,
    timezone: row.timezone ?? undefined,
    locale: row.locale ?? undefined,
    billing: row.billing ?? undefined,
    branding: row.branding ?? undefined,
  };
}
