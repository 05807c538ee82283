/**
 * A browser for tests, as far as signing in needs one: cookies by path, redirects one by one, forms by their fields. No
 * script runs in it, which is what the pages promise.
 */
export interface Visit {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly text: string;
}

export interface Browser {
  /** Goes to an address and follows redirects for as long as they stay at the Manager. */
  visit(
    url: string,
    init?: { method?: 'GET' | 'POST'; form?: Record<string, string>; headers?: Record<string, string> },
  ): Promise<Visit>;
  /** Fills in the page's form and presses one of its buttons. */
  submit(page: Visit, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Visit>;
  /** Cookies by name. */
  readonly cookies: ReadonlyMap<string, { value: string; path: string; attributes: string }>;
}

/** @param origin of the Manager; what leads elsewhere is not followed but answered */
export function createBrowser(origin: string): Browser {
  const jar = new Map<string, { value: string; path: string; attributes: string }>();

  function cookieHeader(url: URL): Record<string, string> {
    const fitting = [...jar].filter(
      ([, { path }]) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')),
    );
    return fitting.length === 0 ? {} : { cookie: fitting.map(([name, { value }]) => `${name}=${value}`).join('; ') };
  }

  function keepCookies(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*);?(.*)$/.exec(line) ?? [];
      const path = /path=([^;]*)/i.exec(attributes)?.[1] ?? '/';
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(attributes)) jar.delete(name);
      else jar.set(name, { value, path, attributes });
    }
  }

  const visit: Browser['visit'] = async (address, init = {}) => {
    let url = new URL(address, origin);
    let { method = 'GET', form } = init;
    for (let step = 0; step < 10; step += 1) {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          ...cookieHeader(url),
          ...init.headers,
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
      });
      keepCookies(response.headers);
      const location = response.headers.get('location');
      const next = location === null ? undefined : new URL(location, url);
      if (next === undefined || next.origin !== origin) {
        return {
          status: response.status,
          url: next?.href ?? url.href,
          headers: response.headers,
          text: await response.text(),
        };
      }
      [url, method, form] = [next, 'GET', undefined];
    }
    throw new Error(`${address} leads in circles`);
  };

  return {
    cookies: jar,
    visit,
    submit(page, fields = {}, headers = {}) {
      const action = plainText(/<form[^>]* action="([^"]*)"/.exec(page.text)?.[1] ?? '');
      if (action === '') throw new Error(`the page has no form: ${page.text}`);
      const inputs = [...page.text.matchAll(/<input([^>]*)>/g)].map(([, attributes = '']) => [
        /name="([^"]*)"/.exec(attributes)?.[1] ?? '',
        plainText(/value="([^"]*)"/.exec(attributes)?.[1] ?? ''),
      ]);
      return visit(new URL(action, page.url).href, {
        method: 'POST',
        form: { ...Object.fromEntries(inputs), ...fields },
        headers,
      });
    },
  };
}

function plainText(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
