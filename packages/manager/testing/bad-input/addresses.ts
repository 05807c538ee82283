/** Paths and methods behind which there is no operation. */
import { type BadInput, badInputOf, shop } from './operation.ts';

export const badAddresses: readonly BadInput[] = [
  ...badInputOf({ method: 'GET', path: '/api/v1/tenants/ACME', status: 400 }, [
    { reason: 'a name in the path that cannot be one', pointer: 'tenant', says: /lower-case/ },
  ]),
  ...badInputOf({ method: 'GET', path: '/api/v1/tenants/%zz', status: 400 }, [
    { reason: 'a path that does not decode', says: /percent-encoded/ },
  ]),
  ...badInputOf({ method: 'GET', path: '/api/v1/nothing', status: 404 }, [
    { reason: 'an operation that is not there', says: /no operation GET \/api\/v1\/nothing/ },
  ]),
  ...badInputOf({ method: 'PUT', path: '/api/v1/me', status: 404 }, [
    { reason: 'a method that is not there', body: {}, says: /no operation PUT/ },
  ]),
  ...badInputOf({ method: 'POST', path: `${shop}/apps/web:explode`, status: 404 }, [
    { reason: 'a verb that is not there', body: {}, says: /no operation POST/ },
  ]),
];
