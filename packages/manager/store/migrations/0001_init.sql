-- The first schema: every id is a UUID made by the database, every deletion is a state until the cluster confirms it.

CREATE TABLE clusters (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL UNIQUE,
  zone text NOT NULL UNIQUE,
  labels jsonb NOT NULL DEFAULT '{}',
  server text NOT NULL,
  -- AES-256-GCM over the kubeconfig; the key is never in the database.
  sealed_kubeconfig bytea NOT NULL,
  capsule_proxy_url text NOT NULL,
  capsule_proxy_ca text,
  connection text NOT NULL DEFAULT 'direct' CHECK (connection IN ('direct')),
  cordoned boolean NOT NULL DEFAULT false,
  kubernetes_version text,
  generation bigint NOT NULL DEFAULT 1,
  status jsonb NOT NULL DEFAULT '{"observedGeneration":0,"phase":"Pending","conditions":[]}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tenants (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL UNIQUE,
  display_name text NOT NULL DEFAULT '',
  owners jsonb NOT NULL DEFAULT '[]',
  labels jsonb NOT NULL DEFAULT '{}',
  annotations jsonb NOT NULL DEFAULT '{}',
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE placements (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  cluster_id uuid NOT NULL REFERENCES clusters (id) ON DELETE RESTRICT,
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
  spec jsonb NOT NULL DEFAULT '{}',
  generation bigint NOT NULL DEFAULT 1,
  deleting_at timestamptz,
  status jsonb NOT NULL DEFAULT '{"observedGeneration":0,"phase":"Pending","conditions":[]}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (cluster_id, tenant_id)
);
CREATE INDEX placements_by_tenant ON placements (tenant_id);

CREATE TABLE projects (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE RESTRICT,
  name text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  labels jsonb NOT NULL DEFAULT '{}',
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, name),
  -- Lets an App or a sandbox prove by a foreign key that its project belongs to its tenant.
  UNIQUE (id, tenant_id)
);

-- Every namespace that a record holds; the primary key is what makes a collision of two names impossible.
CREATE TABLE namespaces (
  cluster_id uuid NOT NULL REFERENCES clusters (id) ON DELETE RESTRICT,
  name text NOT NULL,
  holder_kind text NOT NULL CHECK (holder_kind IN ('app', 'sandbox')),
  holder_id uuid NOT NULL,
  PRIMARY KEY (cluster_id, name)
);
CREATE UNIQUE INDEX namespaces_by_holder ON namespaces (holder_id);

CREATE TABLE apps (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  placement_id uuid NOT NULL REFERENCES placements (id) ON DELETE RESTRICT,
  cluster_id uuid NOT NULL REFERENCES clusters (id) ON DELETE RESTRICT,
  tenant_id uuid NOT NULL,
  project_id uuid NOT NULL,
  name text NOT NULL,
  namespace text NOT NULL,
  -- {description, source, traits, labels}; the same shape as a revision's.
  spec jsonb NOT NULL,
  source_kind text NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  generation bigint NOT NULL DEFAULT 1,
  deleting_at timestamptz,
  phase text NOT NULL DEFAULT 'Pending',
  -- {observedGeneration, phase, conditions} and, as the Agent reports them, healthy, resolved, components.
  status jsonb NOT NULL DEFAULT '{"observedGeneration":0,"phase":"Pending","conditions":[]}',
  status_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (project_id, tenant_id) REFERENCES projects (id, tenant_id) ON DELETE RESTRICT,
  UNIQUE (cluster_id, project_id, name)
);
CREATE INDEX apps_by_project ON apps (project_id, created_at, id);
CREATE INDEX apps_by_tenant ON apps (tenant_id, created_at, id);
CREATE INDEX apps_by_cluster ON apps (cluster_id, created_at, id);
CREATE INDEX apps_by_creation ON apps (created_at, id);
CREATE INDEX apps_by_placement ON apps (placement_id);

CREATE TABLE app_revisions (
  app_id uuid NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  revision integer NOT NULL,
  spec jsonb NOT NULL,
  author text NOT NULL,
  cause text NOT NULL CHECK (cause IN ('create', 'update', 'rollback')),
  rollback_of integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_id, revision)
);

CREATE TABLE sandboxes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  placement_id uuid NOT NULL REFERENCES placements (id) ON DELETE RESTRICT,
  cluster_id uuid NOT NULL REFERENCES clusters (id) ON DELETE RESTRICT,
  tenant_id uuid NOT NULL,
  project_id uuid NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  display_name text NOT NULL DEFAULT '',
  namespace text NOT NULL,
  generation bigint NOT NULL DEFAULT 1,
  deleting_at timestamptz,
  status jsonb NOT NULL DEFAULT '{"observedGeneration":0,"phase":"Pending","conditions":[]}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (project_id, tenant_id) REFERENCES projects (id, tenant_id) ON DELETE RESTRICT,
  UNIQUE (cluster_id, project_id, number)
);
CREATE INDEX sandboxes_by_placement ON sandboxes (placement_id);

CREATE TABLE tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- SHA-256 of the secret; the secret itself has 256 bits of entropy, so no salt or slow hash is needed.
  hash bytea NOT NULL UNIQUE,
  name text NOT NULL,
  owner text NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'ops', 'tenantOwner', 'projectDev', 'readOnly')),
  tenant_id uuid REFERENCES tenants (id) ON DELETE CASCADE,
  project_id uuid REFERENCES projects (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX tokens_by_owner ON tokens (owner, created_at, id);

CREATE TABLE audit (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  operation text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('allowed', 'denied', 'failed')),
  status integer NOT NULL,
  source_ip text NOT NULL,
  object text NOT NULL,
  -- No foreign key: the audit outlives what it speaks of.
  tenant_id uuid
);
CREATE INDEX audit_by_time ON audit (at DESC, id DESC);
CREATE INDEX audit_by_tenant ON audit (tenant_id, at DESC, id DESC);

-- Append-only, for every role of the database: what is written stays as it was written.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  algorithm text NOT NULL,
  public_jwk jsonb NOT NULL,
  sealed_private_jwk bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz
);

CREATE TABLE idempotency_keys (
  actor text NOT NULL,
  key text NOT NULL,
  operation text NOT NULL,
  request_hash bytea NOT NULL,
  status integer,
  object_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);

-- What the queue itself does not keep: how often a key has failed in a row, and with what.
CREATE TABLE reconcile_failures (
  key text PRIMARY KEY,
  attempts integer NOT NULL,
  last_error text NOT NULL,
  next_run_at timestamptz NOT NULL
);
