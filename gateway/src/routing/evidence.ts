/**
 * The evidence of a workspace, as `auto` asks for it: how a model does at one task, at one type of task, and in the workspace as a
 * whole. Task rates and agreement shadows gather it; `auto` only reads.
 */
export interface Evidence {
  /** Pairs of answers that were compared with the other class's, and how many of them agreed. */
  pairs: number;
  agreeing: number;
  /** The rate of agreement that the pairs prove, at whatever time they are read; undefined while they prove nothing. */
  lower?: number | undefined;
  /** The rate of agreement that they refute: the true one is below. */
  upper?: number | undefined;
  /** Calls with another signal (feedback, json_ok, tool_ok, error) and the sum of their marks from 0 to 1: of the worst signal. */
  n: number;
  okSum: number;
  /** Tokens of an answer, reasoning included; undefined while no call is counted. */
  outTokensMean?: number | undefined;
  /** The number of answers that it is the mean of. */
  answers?: number | undefined;
  /** The comparison that cleared the task for this model, while it is cleared. */
  clearedBy?: 'agreement' | 'judge' | undefined;
  /** A model compared most of the pairs. */
  isJudged?: boolean | undefined;
  /** The task was cleared once, and its newest pairs say that it is not easy any more. */
  withdrawn?: boolean | undefined;
}

/** The steps of the ladder, from the narrowest. `topic` is the id of a task type. */
export type EvidenceScope = { task: string } | { topic: string } | 'workspace';

/** Undefined where nothing is known. Asked for each candidate of a call, so it must be a look-up in memory. */
export type FindEvidence = (scope: EvidenceScope, model: string) => Evidence | undefined;

export const noEvidence: FindEvidence = () => undefined;

/** How a model is thought to do at a task. */
export interface Standing {
  mean: number;
  lower: number;
  upper: number;
  /** Labels of the task itself. */
  n: number;
  pairs: number;
  agreeing: number;
  /** The rate of agreement that is proven for the task. */
  proven: number | undefined;
  withdrawn: boolean;
  /** A model compared most of the pairs, by a rubric. */
  isJudged: boolean;
}

/** The step above weighs as much as this many labels. */
const priorWeight = 10;
/** One-sided 95 percent. */
const z = 1.645;

/** Shrinks the rates of a task towards those of its type, of the workspace, and of what is shipped. */
export function standingOf(
  find: FindEvidence,
  { task, topic, model, shipped }: { task: string | undefined; topic: string; model: string; shipped: number },
): Standing {
  if (find === noEvidence) return unmeasured(shipped);
  const ofWorkspace = find('workspace', model);
  const ofTopic = find({ topic }, model);
  const ofTask = task === undefined ? undefined : find({ task }, model);
  const above = shrunk(ofTopic, shrunk(ofWorkspace, shipped));
  const mean = shrunk(ofTask, above);
  const n = labelsOf(ofTask);
  const width = z * Math.sqrt((mean * (1 - mean)) / (n + priorWeight + 1));
  return {
    mean,
    lower: Math.max(0, mean - width),
    upper: Math.min(1, mean + width, ofTask?.upper ?? 1),
    n,
    pairs: ofTask?.pairs ?? 0,
    agreeing: ofTask?.agreeing ?? 0,
    proven: ofTask?.lower,
    withdrawn: ofTask?.withdrawn === true,
    isJudged: ofTask?.isJudged === true,
  };
}

/** By the shipped rate alone; calls share it. */
const withoutEvidence = new Map<number, Standing>();

function unmeasured(shipped: number): Standing {
  let standing = withoutEvidence.get(shipped);
  if (standing === undefined) {
    standing = standingOf(() => undefined, { task: undefined, topic: '', model: '', shipped });
    withoutEvidence.set(shipped, standing);
  }
  return standing;
}

function shrunk(evidence: Evidence | undefined, above: number): number {
  if (evidence === undefined) return above;
  return (evidence.agreeing + evidence.okSum + priorWeight * above) / (labelsOf(evidence) + priorWeight);
}

function labelsOf(evidence: Evidence | undefined): number {
  return evidence === undefined ? 0 : evidence.pairs + evidence.n;
}

/** The mean length of a model's answers: at the task, else at its type, else in the workspace. */
export function outTokensOf(
  find: FindEvidence,
  { task, topic, model }: { task: string | undefined; topic: string; model: string },
): number | undefined {
  if (find === noEvidence) return undefined;
  const ofTask = task === undefined ? undefined : find({ task }, model)?.outTokensMean;
  return ofTask ?? find({ topic }, model)?.outTokensMean ?? find('workspace', model)?.outTokensMean;
}
