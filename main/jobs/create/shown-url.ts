const URLS = /\b(https?:\/\/)(?:[^\s/?#@]*@)?([^\s?#]*)([?#]\S*)?/gi;

/** A server may send to a path of its own. */
const PLACES = /^(\s*location:\s*[^\s?#]*)[?#]\S*/gim;

/** A text with its URLs as everybody may see them: logins are left out, and queries, which may be good for one person alone. */
export function withoutUrlSecrets(text: string): string {
  return text
    .replaceAll(
      URLS,
      (_, scheme: string, place: string, query: string | undefined) =>
        `${scheme}${place}${query === undefined ? '' : '?…'}`,
    )
    .replaceAll(PLACES, (_, place: string) => `${place}?…`);
}

/** Node's fetch takes no login in a URL, and people forget that it is there. */
export function hasLogin(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
