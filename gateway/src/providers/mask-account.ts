/**
 * A vendor's message without what identifies the account it was sent with: the account is the operator's, and every tenant reads
 * the message. "Rate limit reached for gpt-4o in organization org-AbC123", "Project `proj_x` does not have access", "consumer
 * 'project_number:4711'", and with Anthropic the organization's UUID.
 */
export function maskAccount(message: string): string {
  return message
    .replace(/\b(proj|acct|wrkspc|user)_\w+/g, '$1_…')
    .replace(/\borg-(?!wide\b|level\b)\w+/g, 'org-…')
    .replace(/\b(projects\/|project[ _]numbers?:? ?|project:? )(\d{4,}|[a-z][a-z0-9-]*-\d+)\b/gi, '$1…')
    .replace(/\b(sk|pk|rk)-[\w*-]{6,}/g, '$1-…')
    .replace(/\bAIza[\w*-]{6,}/g, 'AIza…')
    .replace(ofAccount, (found) => found.replace(uuid, '…'));
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** A UUID next to such a word; others may be the caller's own, of a file or a batch. */
const ofAccount =
  /\b(?:organi[sz]ation|account|workspace|tenant|project)\b[^.;]{0,60}?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
