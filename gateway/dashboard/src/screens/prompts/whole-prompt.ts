import type { OutputOf } from '@ai-gateway/shared/contract';

/** A prompt with its labels, versions and the moves of its labels. */
export type WholePrompt = OutputOf<'prompts.get'>;
