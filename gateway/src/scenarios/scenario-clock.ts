/** The clock by which a scenario's days and months begin: that of its workspace. */
export interface ScenarioClock {
  timezone: string;
  nowMs: number;
}

export interface ClockPorts {
  settings: { of(workspaceId: string, livemode: boolean): { timezone: string } | Promise<{ timezone: string }> };
  now: () => number;
}

export async function clockOf(
  { settings, now }: ClockPorts,
  { workspaceId, livemode }: { workspaceId: string; livemode: boolean },
): Promise<ScenarioClock> {
  const { timezone } = await settings.of(workspaceId, livemode);
  return { timezone, nowMs: now() };
}
