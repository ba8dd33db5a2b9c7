/**
 * Turns the output of npm and pnpm into a problem and an advice for the person who installs.
 *
 * @typedef {{ problem: string, advice: string }} InstallFault
 */

/** @type {readonly { says: RegExp, problem: string, advice: string }[]} */
const faults = [
  {
    says: /^np[mx] is not installed/,
    problem: 'npm is missing.',
    advice: 'It comes with Node from https://nodejs.org; Debian has it in a package of its own: apt-get install npm.',
  },
  {
    says: /ENOSPC|no space left/i,
    problem: 'The disk is full.',
    advice: 'Installing takes 400 MB here and 120 MB in the home folder. Make room and try again.',
  },
  {
    says: /EROFS|read-only file system/i,
    problem: 'The file system is read-only.',
    advice: 'Install once where it can be written to, then start the gateway from there.',
  },
  {
    says: /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_HAS_EXPIRED|DEPTH_ZERO_SELF_SIGNED|invalid peer certificate|UnknownIssuer/,
    problem: 'The npm registry’s certificate is not trusted.',
    advice:
      'Behind a proxy that inspects TLS, give npm and Node its certificate: npm config set cafile FILE, and NODE_EXTRA_CA_CERTS=FILE.',
  },
  {
    says: /\bE40[13]\b|\b40[13] (Unauthorized|Forbidden)|ERR_PNPM_FETCH_40[13]/,
    problem: 'The npm registry refuses this machine.',
    advice: 'Sign in with npm login, or set another registry: npm config set registry URL.',
  },
  {
    says: /\bE404\b|ERR_PNPM_FETCH_404|404 Not Found/,
    problem: 'The npm registry does not have a package that is needed.',
    advice:
      'If npm is set to a registry of your own, let it forward requests for packages that it does not have (npm config get registry shows it).',
  },
  {
    says: /EINTEGRITY|ERR_PNPM_TARBALL_INTEGRITY/,
    problem: 'A package arrived damaged, or is not the one that was locked.',
    advice: 'Try again; when it happens twice, run npm cache clean --force first.',
  },
  {
    says: /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network|error sending request|dns error/i,
    problem: 'The npm registry cannot be reached.',
    advice:
      'Check the connection, and behind a proxy its address: npm config set proxy URL, npm config set https-proxy URL. Then try again.',
  },
  {
    says: /EACCES|EPERM|permission denied/i,
    problem: 'A file cannot be written.',
    advice:
      'If another user installed here before, remove node_modules and gateway/.runtime, or take the folder over with chown.',
  },
];

/**
 * @param {string} output
 * @returns {InstallFault}
 */
export function faultIn(output) {
  return (
    faults.find(({ says }) => says.test(output)) ?? {
      problem: 'The installation failed.',
      advice: 'See the output of npm above. Remove node_modules and gateway/.runtime and try again.',
    }
  );
}

/** The cache in the home folder belongs to somebody else (`sudo npm` leaves it so), or there is no home. @param {string} output @param {string} folder */
export function isCacheFault(output, folder) {
  return /EACCES|EPERM|EROFS|ENOENT|ENOTDIR|root-owned files/.test(output) && !output.includes(folder);
}
