-- The schema that migrations/ leads to. Printed by `node packages/manager/store/dump-schema.ts --write`; do not edit.

CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the audit is append-only';
END $function$
;

CREATE TABLE accounts (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  email text,
  groups text[] DEFAULT '{}'::text[] NOT NULL,
  password_hash text NOT NULL,
  disabled boolean DEFAULT false NOT NULL,
  sessions_from timestamp with time zone DEFAULT (date_trunc('second'::text, now()) + '00:00:01'::interval) NOT NULL,
  failed_attempts integer DEFAULT 0 NOT NULL,
  failed_at timestamp with time zone,
  last_sign_in_at timestamp with time zone,
  generation bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_name_key UNIQUE (name)
);

CREATE TABLE app_revisions (
  app_id uuid NOT NULL,
  revision integer NOT NULL,
  spec jsonb NOT NULL,
  author text NOT NULL,
  cause text NOT NULL,
  rollback_of integer,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT app_revisions_pkey PRIMARY KEY (app_id, revision),
  CONSTRAINT app_revisions_cause_check CHECK ((cause = ANY (ARRAY['create'::text, 'update'::text, 'rollback'::text])))
);

CREATE TABLE apps (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  placement_id uuid NOT NULL,
  cluster_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  project_id uuid NOT NULL,
  name text NOT NULL,
  namespace text NOT NULL,
  spec jsonb NOT NULL,
  source_kind text NOT NULL,
  revision integer DEFAULT 1 NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  deleting_at timestamp with time zone,
  phase text DEFAULT 'Pending'::text NOT NULL,
  status jsonb DEFAULT '{"phase": "Pending", "conditions": [], "observedGeneration": 0}'::jsonb NOT NULL,
  status_at timestamp with time zone DEFAULT now() NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT apps_pkey PRIMARY KEY (id),
  CONSTRAINT apps_cluster_id_project_id_name_key UNIQUE (cluster_id, project_id, name)
);

CREATE TABLE audit (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  actor text NOT NULL,
  operation text NOT NULL,
  outcome text NOT NULL,
  status integer NOT NULL,
  source_ip text NOT NULL,
  object text NOT NULL,
  tenant_id uuid,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (id),
  CONSTRAINT audit_outcome_check CHECK ((outcome = ANY (ARRAY['allowed'::text, 'denied'::text, 'failed'::text])))
);

CREATE TABLE clusters (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  zone text NOT NULL,
  labels jsonb DEFAULT '{}'::jsonb NOT NULL,
  server text NOT NULL,
  sealed_kubeconfig bytea NOT NULL,
  capsule_proxy_url text NOT NULL,
  capsule_proxy_ca text,
  connection text DEFAULT 'direct'::text NOT NULL,
  cordoned boolean DEFAULT false NOT NULL,
  kubernetes_version text,
  generation bigint DEFAULT 1 NOT NULL,
  status jsonb DEFAULT '{"phase": "Pending", "conditions": [], "observedGeneration": 0}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  cluster_uid text,
  auth text DEFAULT 'oidc'::text NOT NULL,
  capabilities jsonb,
  capabilities_at timestamp with time zone,
  usage_at timestamp with time zone,
  CONSTRAINT clusters_pkey PRIMARY KEY (id),
  CONSTRAINT clusters_cluster_uid_key UNIQUE (cluster_uid),
  CONSTRAINT clusters_name_key UNIQUE (name),
  CONSTRAINT clusters_zone_key UNIQUE (zone),
  CONSTRAINT clusters_auth_check CHECK ((auth = ANY (ARRAY['oidc'::text, 'serviceAccount'::text]))),
  CONSTRAINT clusters_connection_check CHECK ((connection = 'direct'::text))
);

CREATE TABLE idempotency_keys (
  actor text NOT NULL,
  key text NOT NULL,
  operation text NOT NULL,
  request_hash bytea NOT NULL,
  status integer,
  object_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor, key)
);

CREATE TABLE namespaces (
  cluster_id uuid NOT NULL,
  name text NOT NULL,
  holder_kind text NOT NULL,
  holder_id uuid NOT NULL,
  CONSTRAINT namespaces_pkey PRIMARY KEY (cluster_id, name),
  CONSTRAINT namespaces_holder_kind_check CHECK ((holder_kind = ANY (ARRAY['app'::text, 'sandbox'::text])))
);

CREATE TABLE placements (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  cluster_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  spec jsonb DEFAULT '{}'::jsonb NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  deleting_at timestamp with time zone,
  status jsonb DEFAULT '{"phase": "Pending", "conditions": [], "observedGeneration": 0}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT placements_pkey PRIMARY KEY (id),
  CONSTRAINT placements_cluster_id_tenant_id_key UNIQUE (cluster_id, tenant_id)
);

CREATE TABLE plans (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  spec jsonb DEFAULT '{}'::jsonb NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT plans_pkey PRIMARY KEY (id),
  CONSTRAINT plans_name_key UNIQUE (name)
);

CREATE TABLE policy_sets (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  placement_id uuid NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  policies jsonb NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT policy_sets_pkey PRIMARY KEY (id),
  CONSTRAINT policy_sets_placement_id_name_key UNIQUE (placement_id, name)
);

CREATE TABLE projects (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  tenant_id uuid NOT NULL,
  name text NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  labels jsonb DEFAULT '{}'::jsonb NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  sandboxes jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT projects_pkey PRIMARY KEY (id),
  CONSTRAINT projects_id_tenant_id_key UNIQUE (id, tenant_id),
  CONSTRAINT projects_tenant_id_name_key UNIQUE (tenant_id, name)
);

CREATE TABLE reconcile_failures (
  key text NOT NULL,
  attempts integer NOT NULL,
  last_error text NOT NULL,
  next_run_at timestamp with time zone NOT NULL,
  CONSTRAINT reconcile_failures_pkey PRIMARY KEY (key)
);

CREATE TABLE reconcile_queue (
  key text NOT NULL,
  lane text NOT NULL,
  due_at timestamp with time zone DEFAULT now() NOT NULL,
  priority smallint DEFAULT 2 NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  writes bigint DEFAULT 0 NOT NULL,
  held_until timestamp with time zone,
  locked_by uuid,
  locked_until timestamp with time zone,
  CONSTRAINT reconcile_queue_pkey PRIMARY KEY (key),
  CONSTRAINT reconcile_queue_check CHECK (((locked_by IS NULL) = (locked_until IS NULL)))
);

CREATE TABLE retired_names (
  name text NOT NULL,
  until timestamp with time zone NOT NULL,
  CONSTRAINT retired_names_pkey PRIMARY KEY (name)
);

CREATE TABLE role_bindings (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  subject_kind text NOT NULL,
  subject_name text NOT NULL,
  token_id uuid,
  role text NOT NULL,
  tenant_id uuid,
  project_id uuid,
  created_by text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT role_bindings_pkey PRIMARY KEY (id),
  CONSTRAINT role_bindings_subject_kind_subject_name_role_tenant_id_proj_key UNIQUE NULLS NOT DISTINCT (subject_kind, subject_name, role, tenant_id, project_id),
  CONSTRAINT role_bindings_check CHECK (((project_id IS NULL) OR (tenant_id IS NOT NULL))),
  CONSTRAINT role_bindings_check1 CHECK (((subject_kind = 'Token'::text) = (token_id IS NOT NULL))),
  CONSTRAINT role_bindings_check2 CHECK (((token_id IS NULL) OR (subject_name = (token_id)::text))),
  CONSTRAINT role_bindings_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'ops'::text, 'tenantOwner'::text, 'projectDev'::text, 'readOnly'::text]))),
  CONSTRAINT role_bindings_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['User'::text, 'Group'::text, 'Token'::text])))
);

CREATE TABLE sandboxes (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  placement_id uuid NOT NULL,
  cluster_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  project_id uuid NOT NULL,
  number integer NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  namespace text NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  deleting_at timestamp with time zone,
  status jsonb DEFAULT '{"phase": "Pending", "conditions": [], "observedGeneration": 0}'::jsonb NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  CONSTRAINT sandboxes_pkey PRIMARY KEY (id),
  CONSTRAINT sandboxes_cluster_id_project_id_number_key UNIQUE (cluster_id, project_id, number),
  CONSTRAINT sandboxes_number_check CHECK ((number > 0))
);

CREATE TABLE sign_in_payloads (
  model text NOT NULL,
  id text NOT NULL,
  payload jsonb NOT NULL,
  grant_id text,
  user_code text,
  uid text,
  account_id uuid,
  consumed_at timestamp with time zone,
  expires_at timestamp with time zone,
  CONSTRAINT sign_in_payloads_pkey PRIMARY KEY (model, id)
);

CREATE TABLE signing_keys (
  kid text NOT NULL,
  algorithm text NOT NULL,
  public_jwk jsonb NOT NULL,
  sealed_private_jwk bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  retired_at timestamp with time zone,
  signs_from timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT signing_keys_pkey PRIMARY KEY (kid)
);

CREATE TABLE tenants (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  name text NOT NULL,
  display_name text DEFAULT ''::text NOT NULL,
  owners jsonb DEFAULT '[]'::jsonb NOT NULL,
  labels jsonb DEFAULT '{}'::jsonb NOT NULL,
  annotations jsonb DEFAULT '{}'::jsonb NOT NULL,
  generation bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  plan_id uuid,
  settings jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT tenants_pkey PRIMARY KEY (id),
  CONSTRAINT tenants_name_key UNIQUE (name)
);

CREATE TABLE tokens (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  hash bytea NOT NULL,
  name text NOT NULL,
  owner text NOT NULL,
  role text NOT NULL,
  tenant_id uuid,
  project_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  owner_token_id uuid,
  owner_groups text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT tokens_pkey PRIMARY KEY (id),
  CONSTRAINT tokens_hash_key UNIQUE (hash),
  CONSTRAINT tokens_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'ops'::text, 'tenantOwner'::text, 'projectDev'::text, 'readOnly'::text])))
);

CREATE TABLE usage_samples (
  cluster_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  project_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  seconds integer NOT NULL,
  requested jsonb NOT NULL,
  used jsonb,
  CONSTRAINT usage_samples_pkey PRIMARY KEY (cluster_id, project_id, seconds, at)
);

CREATE INDEX apps_by_cluster ON public.apps USING btree (cluster_id, created_at, id);

CREATE INDEX apps_by_creation ON public.apps USING btree (created_at, id);

CREATE INDEX apps_by_placement ON public.apps USING btree (placement_id);

CREATE INDEX apps_by_project ON public.apps USING btree (project_id, created_at, id);

CREATE INDEX apps_by_tenant ON public.apps USING btree (tenant_id, created_at, id);

CREATE INDEX audit_by_tenant ON public.audit USING btree (tenant_id, at DESC, id DESC);

CREATE INDEX audit_by_time ON public.audit USING btree (at DESC, id DESC);

CREATE INDEX idempotency_keys_by_time ON public.idempotency_keys USING btree (created_at);

CREATE UNIQUE INDEX namespaces_by_holder ON public.namespaces USING btree (holder_id);

CREATE INDEX placements_by_tenant ON public.placements USING btree (tenant_id);

CREATE INDEX reconcile_queue_due ON public.reconcile_queue USING btree (lane, priority, due_at) WHERE ((locked_by IS NULL) AND (due_at < 'infinity'::timestamp with time zone));

CREATE INDEX reconcile_queue_locks ON public.reconcile_queue USING btree (locked_until) WHERE (locked_by IS NOT NULL);

CREATE INDEX role_bindings_by_creation ON public.role_bindings USING btree (created_at, id);

CREATE INDEX role_bindings_by_project ON public.role_bindings USING btree (project_id) WHERE (project_id IS NOT NULL);

CREATE INDEX role_bindings_by_tenant ON public.role_bindings USING btree (tenant_id, created_at, id);

CREATE INDEX role_bindings_by_token ON public.role_bindings USING btree (token_id) WHERE (token_id IS NOT NULL);

CREATE INDEX sandboxes_by_expiry ON public.sandboxes USING btree (expires_at) WHERE ((expires_at IS NOT NULL) AND (deleting_at IS NULL));

CREATE INDEX sandboxes_by_placement ON public.sandboxes USING btree (placement_id);

CREATE INDEX sign_in_payloads_by_account ON public.sign_in_payloads USING btree (account_id) WHERE (account_id IS NOT NULL);

CREATE INDEX sign_in_payloads_by_expiry ON public.sign_in_payloads USING btree (expires_at);

CREATE INDEX sign_in_payloads_by_grant ON public.sign_in_payloads USING btree (grant_id) WHERE (grant_id IS NOT NULL);

CREATE UNIQUE INDEX sign_in_payloads_by_uid ON public.sign_in_payloads USING btree (uid) WHERE (uid IS NOT NULL);

CREATE UNIQUE INDEX sign_in_payloads_by_user_code ON public.sign_in_payloads USING btree (user_code) WHERE (user_code IS NOT NULL);

CREATE INDEX tenants_by_plan ON public.tenants USING btree (plan_id);

CREATE INDEX tokens_by_owner ON public.tokens USING btree (owner, created_at, id);

CREATE INDEX tokens_by_owner_token ON public.tokens USING btree (owner_token_id) WHERE (owner_token_id IS NOT NULL);

CREATE INDEX usage_samples_by_cluster ON public.usage_samples USING btree (cluster_id, seconds, at);

CREATE INDEX usage_samples_by_tenant ON public.usage_samples USING btree (tenant_id, seconds, at);

ALTER TABLE app_revisions ADD CONSTRAINT app_revisions_app_id_fkey FOREIGN KEY (app_id) REFERENCES apps(id) ON DELETE CASCADE;

ALTER TABLE apps ADD CONSTRAINT apps_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE RESTRICT;

ALTER TABLE apps ADD CONSTRAINT apps_placement_id_fkey FOREIGN KEY (placement_id) REFERENCES placements(id) ON DELETE RESTRICT;

ALTER TABLE apps ADD CONSTRAINT apps_project_id_tenant_id_fkey FOREIGN KEY (project_id, tenant_id) REFERENCES projects(id, tenant_id) ON DELETE RESTRICT;

ALTER TABLE namespaces ADD CONSTRAINT namespaces_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE RESTRICT;

ALTER TABLE placements ADD CONSTRAINT placements_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE RESTRICT;

ALTER TABLE placements ADD CONSTRAINT placements_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE RESTRICT;

ALTER TABLE policy_sets ADD CONSTRAINT policy_sets_placement_id_fkey FOREIGN KEY (placement_id) REFERENCES placements(id) ON DELETE CASCADE;

ALTER TABLE projects ADD CONSTRAINT projects_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE RESTRICT;

ALTER TABLE role_bindings ADD CONSTRAINT role_bindings_project_id_tenant_id_fkey FOREIGN KEY (project_id, tenant_id) REFERENCES projects(id, tenant_id) ON DELETE CASCADE;

ALTER TABLE role_bindings ADD CONSTRAINT role_bindings_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

ALTER TABLE role_bindings ADD CONSTRAINT role_bindings_token_id_fkey FOREIGN KEY (token_id) REFERENCES tokens(id) ON DELETE CASCADE;

ALTER TABLE sandboxes ADD CONSTRAINT sandboxes_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE RESTRICT;

ALTER TABLE sandboxes ADD CONSTRAINT sandboxes_placement_id_fkey FOREIGN KEY (placement_id) REFERENCES placements(id) ON DELETE RESTRICT;

ALTER TABLE sandboxes ADD CONSTRAINT sandboxes_project_id_tenant_id_fkey FOREIGN KEY (project_id, tenant_id) REFERENCES projects(id, tenant_id) ON DELETE RESTRICT;

ALTER TABLE sign_in_payloads ADD CONSTRAINT sign_in_payloads_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id) ON DELETE CASCADE;

ALTER TABLE tenants ADD CONSTRAINT tenants_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans(id) ON DELETE RESTRICT;

ALTER TABLE tokens ADD CONSTRAINT tokens_owner_token_id_fkey FOREIGN KEY (owner_token_id) REFERENCES tokens(id) ON DELETE CASCADE;

ALTER TABLE tokens ADD CONSTRAINT tokens_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;

ALTER TABLE tokens ADD CONSTRAINT tokens_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

ALTER TABLE usage_samples ADD CONSTRAINT usage_samples_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES clusters(id) ON DELETE CASCADE;

ALTER TABLE usage_samples ADD CONSTRAINT usage_samples_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE;

ALTER TABLE usage_samples ADD CONSTRAINT usage_samples_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE;

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
