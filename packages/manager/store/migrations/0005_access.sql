-- Plans: what a tenant may use, as one named bundle that an administrator edits.
CREATE TABLE plans (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  description text NOT NULL DEFAULT '',
  spec jsonb NOT NULL DEFAULT '{}',
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Two to begin with. They are data like any other: an administrator edits or deletes them. A quota of limits makes
-- Kubernetes refuse a container that has none, so each comes with limits by default. Lists go by age, hence two times.
INSERT INTO plans (created_at, name, display_name, description, spec) VALUES
  (now() - interval '1 second', 'baseline', 'Baseline', 'For a first team: a few small services.', '{
    "quotas": {
      "requests.cpu": "4", "requests.memory": "8Gi", "limits.cpu": "8", "limits.memory": "16Gi",
      "requests.storage": "50Gi", "persistentvolumeclaims": "20", "pods": "50", "services": "50",
      "services.loadbalancers": "0", "services.nodeports": "0", "secrets": "200", "configmaps": "200"
    },
    "limits": [{
      "type": "Container",
      "defaultRequest": {"cpu": "50m", "memory": "64Mi"}, "default": {"cpu": "500m", "memory": "512Mi"}
    }],
    "sandboxes": {
      "maxPerProject": 3, "maxTtlSeconds": 604800,
      "quotas": {"limits.cpu": "2", "limits.memory": "4Gi", "requests.storage": "10Gi", "pods": "20"}
    }
  }'),
  (now(), 'gold', 'Gold', 'For a product in production: more of everything, and load balancers.', '{
    "quotas": {
      "requests.cpu": "32", "requests.memory": "128Gi", "limits.cpu": "64", "limits.memory": "256Gi",
      "requests.storage": "1Ti", "persistentvolumeclaims": "200", "pods": "500", "services": "200",
      "services.loadbalancers": "5", "services.nodeports": "0", "secrets": "1000", "configmaps": "1000"
    },
    "limits": [{
      "type": "Container",
      "defaultRequest": {"cpu": "100m", "memory": "128Mi"}, "default": {"cpu": "1", "memory": "1Gi"}
    }],
    "sandboxes": {
      "maxPerProject": 20, "maxTtlSeconds": 2592000,
      "quotas": {"limits.cpu": "8", "limits.memory": "16Gi", "requests.storage": "50Gi", "pods": "50"}
    }
  }');

-- What holds on a cluster is the placement's spec, else the tenant's settings, else the plan's; all of one shape.
ALTER TABLE tenants
  ADD COLUMN plan_id uuid REFERENCES plans (id) ON DELETE RESTRICT,
  ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
CREATE INDEX tenants_by_plan ON tenants (plan_id);

ALTER TABLE projects ADD COLUMN sandboxes jsonb NOT NULL DEFAULT '{}';
ALTER TABLE sandboxes ADD COLUMN expires_at timestamptz;
CREATE INDEX sandboxes_by_expiry ON sandboxes (expires_at) WHERE expires_at IS NOT NULL AND deleting_at IS NULL;

ALTER TABLE clusters
  ADD COLUMN auth text NOT NULL DEFAULT 'oidc' CHECK (auth IN ('oidc', 'serviceAccount')),
  -- What was found installed (`ClusterFacts` of the domain), and since when it is so; null before the first look.
  ADD COLUMN capabilities jsonb,
  ADD COLUMN capabilities_at timestamptz,
  -- When the last sample of its usage was taken; the samples of one look share this time.
  ADD COLUMN usage_at timestamptz;

-- Names of tenants, and `tenant/project`, that are gone while tokens for their people's groups still live.
CREATE TABLE retired_names (
  name text PRIMARY KEY,
  until timestamptz NOT NULL
);

-- Policy sets of a tenant on a cluster; those of its plan stand in the plan.
CREATE TABLE policy_sets (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  placement_id uuid NOT NULL REFERENCES placements (id) ON DELETE CASCADE,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  policies jsonb NOT NULL,
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (placement_id, name)
);

-- KubeNova's own accounts, for installations without an OIDC provider.
CREATE TABLE accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  email text,
  groups text[] NOT NULL DEFAULT '{}',
  -- A slow, salted hash with its parameters; never the password.
  password_hash text NOT NULL,
  disabled boolean NOT NULL DEFAULT false,
  -- ID tokens that were issued before this are not accepted any more. ID tokens tell the time in whole seconds (RFC 7519,
  -- section 2), so it is the next whole one after what ended the sessions.
  sessions_from timestamptz NOT NULL DEFAULT date_trunc('second', now()) + interval '1 second',
  failed_attempts integer NOT NULL DEFAULT 0,
  failed_at timestamptz,
  last_sign_in_at timestamptz,
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- A token does what its owner can do now and no more. The owner is the admin token, a token (with which it goes), or a
-- person, whose groups are those that the provider told last.
ALTER TABLE tokens
  ADD COLUMN owner_token_id uuid REFERENCES tokens (id) ON DELETE CASCADE,
  ADD COLUMN owner_groups text[] NOT NULL DEFAULT '{}';
CREATE INDEX tokens_by_owner_token ON tokens (owner_token_id) WHERE owner_token_id IS NOT NULL;
UPDATE tokens SET owner_token_id = maker.id FROM tokens AS maker
  WHERE tokens.owner = 'token:' || maker.name || ':' || maker.id;
DELETE FROM tokens WHERE owner LIKE 'token:%' AND owner_token_id IS NULL;

-- Who holds which role where. A user and a group are named as the provider names them, a token by its id.
CREATE TABLE role_bindings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject_kind text NOT NULL CHECK (subject_kind IN ('User', 'Group', 'Token')),
  subject_name text NOT NULL,
  -- The token of a binding for one: with it the binding goes.
  token_id uuid REFERENCES tokens (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('admin', 'ops', 'tenantOwner', 'projectDev', 'readOnly')),
  tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
  project_id uuid,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (project_id, tenant_id) REFERENCES projects (id, tenant_id) ON DELETE CASCADE,
  CHECK (project_id IS NULL OR tenant_id IS NOT NULL),
  CHECK ((subject_kind = 'Token') = (token_id IS NOT NULL)),
  CHECK (token_id IS NULL OR subject_name = token_id::text),
  UNIQUE NULLS NOT DISTINCT (subject_kind, subject_name, role, tenant_id, project_id)
);
CREATE INDEX role_bindings_by_tenant ON role_bindings (tenant_id, created_at, id);
CREATE INDEX role_bindings_by_project ON role_bindings (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX role_bindings_by_token ON role_bindings (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX role_bindings_by_creation ON role_bindings (created_at, id);
INSERT INTO role_bindings (subject_kind, subject_name, role, tenant_id, created_by)
  SELECT owner ->> 'kind', owner ->> 'name', 'tenantOwner', tenants.id, 'admin'
  FROM tenants, jsonb_array_elements(tenants.owners) AS owner
  ON CONFLICT DO NOTHING;

-- What the embedded OpenID Connect provider keeps: sessions, grants, codes, refresh tokens (by a hash of their id).
CREATE TABLE sign_in_payloads (
  model text NOT NULL,
  id text NOT NULL,
  payload jsonb NOT NULL,
  grant_id text,
  user_code text,
  uid text,
  account_id uuid REFERENCES accounts (id) ON DELETE CASCADE,
  consumed_at timestamptz,
  expires_at timestamptz,
  PRIMARY KEY (model, id)
);
CREATE INDEX sign_in_payloads_by_grant ON sign_in_payloads (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX sign_in_payloads_by_account ON sign_in_payloads (account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX sign_in_payloads_by_user_code ON sign_in_payloads (user_code) WHERE user_code IS NOT NULL;
CREATE UNIQUE INDEX sign_in_payloads_by_uid ON sign_in_payloads (uid) WHERE uid IS NOT NULL;
CREATE INDEX sign_in_payloads_by_expiry ON sign_in_payloads (expires_at);

-- A published key signs only from this time on, so that every API server has seen it before the first token bears it.
ALTER TABLE signing_keys ADD COLUMN signs_from timestamptz NOT NULL DEFAULT now();

-- What was given to whom: subject, role and scope. Never a secret.
ALTER TABLE audit ADD COLUMN detail jsonb NOT NULL DEFAULT '{}';

-- What was requested and used, in canonical numbers by resource; `used` is null where the cluster measures nothing.
CREATE TABLE usage_samples (
  cluster_id uuid NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  project_id uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  -- The span that the sample stands for: 300 as taken, 3600 when downsampled.
  seconds integer NOT NULL,
  requested jsonb NOT NULL,
  used jsonb,
  PRIMARY KEY (cluster_id, project_id, seconds, at)
);
CREATE INDEX usage_samples_by_tenant ON usage_samples (tenant_id, seconds, at);
CREATE INDEX usage_samples_by_cluster ON usage_samples (cluster_id, seconds, at);
