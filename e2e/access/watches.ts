/** A watch that stays open, and everything that it has told so far. */
import { Agent } from 'undici';
import type { Through } from '../conformance/case.ts';
import type { PersonName } from './people.ts';
import type { AccessWorld } from './world.ts';

export interface OpenWatch {
  /** All that came, events and refusals alike, as it came. */
  text(): string;
  close(): void;
}

export function openWatch(world: AccessWorld, person: PersonName, through: Through, path: string): OpenWatch {
  const { url, ca } = world.servers[through];
  const agent = new Agent({ allowH2: false, connect: { ca }, bodyTimeout: 0 });
  let text = '';
  void (async () => {
    try {
      const headers = { authorization: `Bearer ${world.tokenOf(person)}`, accept: 'application/json' };
      const { body } = await agent.request({ origin: url, method: 'GET', path, headers });
      body.setEncoding('utf8');
      for await (const chunk of body) text += chunk;
    } catch {
      // Closed by us, or cut: what came before it stays.
    }
  })();
  return { text: () => text, close: () => void agent.destroy() };
}
