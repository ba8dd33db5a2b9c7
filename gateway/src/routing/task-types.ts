import type { Strength } from '../providers/define-provider.ts';

/** A type of work that prompts ask for. */
export interface TaskType {
  id: string;
  /** As people read it: "classification goes to small models". */
  label: string;
  /**
   * The class that does it where a workspace has no evidence of its own. Small are the types of which small models of today are known
   * to be able; everything else goes to the strong class.
   */
  class: Strength;
}

const small = (id: string, label: string): TaskType => ({ id, label, class: 'small' });
const strong = (id: string, label: string): TaskType => ({ id, label, class: 'strong' });

/** The text says too little, or too many things at once. */
export const unclear = strong('chat', 'an unclear task');

export const taskTypes: readonly TaskType[] = [
  small('classify', 'classification'),
  small('sentiment', 'sentiment analysis'),
  small('check', 'a check with a short answer'),
  small('language', 'language detection'),
  small('extract', 'extraction'),
  small('reformat', 'formatting'),
  small('translate', 'translation'),
  small('rewrite', 'short rewriting'),
  small('proofread', 'proofreading'),
  small('route', 'routing'),
  small('tag', 'tagging'),
  strong('title', 'title writing'),
  strong('summarize', 'summarizing'),
  strong('email', 'e-mail writing'),
  strong('reply', 'answering customers'),
  strong('article', 'article writing'),
  strong('product', 'product copy'),
  strong('post', 'social media copy'),
  strong('story', 'story writing'),
  strong('code', 'code'),
  strong('debug', 'debugging'),
  strong('sql', 'SQL'),
  strong('formula', 'formula writing'),
  strong('math', 'mathematics'),
  strong('plan', 'planning'),
  strong('analyse', 'analysis'),
  strong('question', 'answering from documents'),
  strong('explain', 'explaining'),
  strong('brainstorm', 'brainstorming'),
  strong('advise', 'advice'),
  strong('judge', 'grading'),
  strong('agent', 'work in several steps'),
  unclear,
];
