import type { Offer, World, WorldName } from '../case.ts';
import { type Issuer, startIssuer } from '../issuer.ts';

/** Opens the world that the environment asks for, with an issuer that it trusts where it can be told to. */
export async function openWorld(name: WorldName): Promise<{ world: World; issuer: Issuer | undefined }> {
  if (name === 'kubeconfig') {
    return { world: await (await import('./kubeconfig.ts')).openKubeconfigWorld(), issuer: undefined };
  }
  const issuer = await startIssuer();
  try {
    const open = name === 'sim' ? (await import('./sim.ts')).openSimWorld : (await import('./real.ts')).openRealWorld;
    return { world: await open(issuer), issuer };
  } catch (error) {
    await issuer.close();
    throw error;
  }
}

/** What is offered, of all that might be. */
export function offered(has: Readonly<Record<Offer, boolean>>): ReadonlySet<Offer> {
  return new Set((Object.keys(has) as Offer[]).filter((offer) => has[offer]));
}
