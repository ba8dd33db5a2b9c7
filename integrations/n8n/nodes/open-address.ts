/**
 * Plain http to anything but this machine, a private network, or a name without a dot (a container's): whoever is on the way
 * could read the key. A pattern, since n8n's forms can show a notice by one.
 */
export const openAddress = String.raw`^\s*[Hh][Tt][Tt][Pp]://(?!(127\.[\d.]+|10\.[\d.]+|192\.168\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+|\[(::1|[fF][cCdD][^\]]*|[fF][eE]80[^\]]*)\]|(?!\d+(:|/|$)|0[xX])[^./:[\]]+)(:|/|$))`;

export function isOpenToAll(baseUrl: string): boolean {
  return new RegExp(openAddress).test(baseUrl);
}
