/** Signatures and digests by SHA-256 and stronger; nothing is changed before it is signed but by canonical form. */
const algorithms = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
]);

const bytesMax = 256 * 1024;

/**
 * The document of a SAML response, or why it is refused before any parser sees it. Every hole of 2017 to 2025 in SAML libraries needs more
 * than an identity provider sends: a comment within a name (CVE-2017-11427) or a digest (CVE-2025-29775), a second `SignedInfo` (CVE-2025-29774), a second
 * assertion or response around the signed one (CVE-2025-47949, CVE-2025-54419), entities that parsers read apart. A document that has
 * none of them cannot be read in two ways.
 */
export function readSamlDocument(base64: string): { xml: string } | { fault: string } {
  if (base64.length > bytesMax || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) return { fault: 'it is not base64' };
  let xml: string;
  try {
    xml = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    return { fault: 'it is not UTF-8' };
  }
  const body = xml.replace(
    /^\s*<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["'](?:yes|no)["'])?\s*\?>/i,
    '',
  );
  if (/<[!?]/.test(body)) return { fault: 'it has a comment, a document type, CDATA or an instruction' };
  const counts: Record<string, number> = {};
  for (const [, name = ''] of body.matchAll(/<(?:[\w.-]+:)?([\w.-]+)/g)) counts[name] = (counts[name] ?? 0) + 1;
  if (counts.EncryptedAssertion !== undefined) return { fault: 'its assertion is encrypted' };
  if (counts.Response !== 1) return { fault: 'it is not one response' };
  if (counts.Assertion !== 1) return { fault: 'it has not exactly one assertion' };
  const signatures = counts.Signature ?? 0;
  if (signatures < 1 || signatures > 2) return { fault: 'it is not signed' };
  for (const part of [
    'SignedInfo',
    'SignatureValue',
    'SignatureMethod',
    'CanonicalizationMethod',
    'Reference',
    'DigestMethod',
    'DigestValue',
  ])
    if (counts[part] !== signatures) return { fault: `a signature has not exactly one ${part}` };
  const named = [...body.matchAll(/\bAlgorithm\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, a, b]) => a ?? b ?? '');
  const weak = named.find((name) => !algorithms.has(name));
  if (weak !== undefined) return { fault: `it uses ${weak.slice(0, 100)}, and SHA-256 is the least` };
  return { xml };
}
