import type { Pool } from 'pg';

/** Makes a new version of the routing of the oldest workspace, with these settings of `auto`, and tells every process. */
export async function setAuto(db: Pick<Pool, 'query'>, settings: object): Promise<void> {
  await db.query(
    `with made as (
       insert into routing_versions (workspace_id, version, rules, auto, created_by)
       select w.id, coalesce(max(v.version), 0) + 1, '[]', $1::jsonb, 'test'
       from (select id from workspaces order by created_at, id limit 1) w left join routing_versions v on v.workspace_id = w.id
       group by w.id returning workspace_id, version),
     active as (
       update workspaces w set routing_version = made.version, model_pool = ($1::jsonb -> 'pool') from made where w.id = made.workspace_id
       returning w.id)
     select pg_notify('workspaces', id) from active`,
    [JSON.stringify(settings)],
  );
}
