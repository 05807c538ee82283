// Generated from docs/openapi/openapi.yaml by `./kubenova generate`. Do not edit.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process is alive. */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process can serve; 503 while the database is away. */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as `/healthz`, for callers that reach only the API. */
        get: operations["getApiHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same as `/readyz`, for callers that reach only the API. */
        get: operations["getApiReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics. */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This contract as JSON. */
        get: operations["getContractJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This contract as YAML. */
        get: operations["getContractYaml"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/version": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The version of the Manager. */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/openid-configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** OpenID Connect discovery (OpenID Connect Discovery 1.0, section 4). */
        get: operations["getIssuerConfiguration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/oidc/jwks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys of the issuer (RFC 7517). */
        get: operations["getIssuerKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller, its roles and what it may do. */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's API tokens; an admin sees all. */
        get: operations["listTokens"];
        put?: never;
        /** Make an API token. Its secret is shown once and kept as a hash. */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a token. */
                token: components["parameters"]["TokenId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a token, at once. */
        delete: operations["deleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what to what, when, from where, with which outcome; newest first. */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where and how people sign in, for console and CLI. */
        get: operations["getSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change the password of the caller's own account; its sessions end. */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** KubeNova's own accounts. */
        get: operations["listAccounts"];
        put?: never;
        /** Make an account that signs in with a password. */
        post: operations["createAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{account}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        /** One account. */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        /** Delete an account; its sessions end at once. */
        delete: operations["deleteAccount"];
        options?: never;
        head?: never;
        /** Change an account: its name, groups, password, or disable it. A new password or disabling ends its sessions. */
        patch: operations["updateAccount"];
        trace?: never;
    };
    "/api/v1/accounts/{account}:sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End every session of an account. */
        post: operations["signOutAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/role-bindings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Role bindings in the caller's scope. */
        get: operations["listRoleBindings"];
        put?: never;
        /** Give a user, a group or a token a role on a scope. */
        post: operations["createRoleBinding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/role-bindings/{roleBinding}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a role binding. */
                roleBinding: components["parameters"]["RoleBinding"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a role away, at once. */
        delete: operations["deleteRoleBinding"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/kubeconfig": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One kubeconfig with a context for every tenant and cluster that the caller may use. */
        post: operations["createOwnKubeconfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signing-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys with which the issuer signs and has signed. */
        get: operations["listSigningKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/signing-keys:rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Publish a new key; it signs once every cluster has had time to fetch it, and the old one goes on verifying. */
        post: operations["rotateSigningKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Clusters; a tenant sees those it is placed on, without credentials. */
        get: operations["listClusters"];
        put?: never;
        /** Register the cluster of a zone. */
        post: operations["createCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        /** One cluster. */
        get: operations["getCluster"];
        put?: never;
        post?: never;
        /** Forget a cluster that holds no placement; what KubeNova put there stays. */
        delete: operations["deleteCluster"];
        options?: never;
        head?: never;
        /** Change labels, the way in, or cordon it (JSON merge patch, RFC 7396). */
        patch: operations["updateCluster"];
        trace?: never;
    };
    "/api/v1/clusters/{cluster}:cordon": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let nothing new be placed on the cluster; what is there goes on. */
        post: operations["cordonCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}:uncordon": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let new things be placed on the cluster again. */
        post: operations["uncordonCluster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/capabilities": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        /** What is installed there, which version, and what is missing. */
        get: operations["getClusterCapabilities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/sandboxes": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        /** Sandboxes on the cluster, apart from what KubeVela manages. */
        get: operations["listClusterSandboxes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/policysets/catalog": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        /** The policies that policy sets are made of, and whether this cluster can enforce them. */
        get: operations["getPolicyCatalog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tenants in the caller's scope. */
        get: operations["listTenants"];
        put?: never;
        /** Make a tenant. */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** One tenant. */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /** Delete a tenant that has no projects and no placements. */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /** Change a tenant (JSON merge patch, RFC 7396). */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/kubeconfig": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A kubeconfig for the tenant's people, through capsule-proxy. */
        post: operations["createKubeconfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        /** Tenants placed on this cluster. */
        get: operations["listPlacements"];
        put?: never;
        /** Place a tenant on this cluster; its record is made where there is none. */
        post: operations["placeTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** One placement. */
        get: operations["getPlacement"];
        /** Place a tenant on a cluster, or change what it may use there. */
        put: operations["putPlacement"];
        post?: never;
        /** Take a tenant away from a cluster on which it has no apps and no sandboxes. */
        delete: operations["deletePlacement"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Plans. */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{plan}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of a plan. */
                plan: components["parameters"]["Plan"];
            };
            cookie?: never;
        };
        /** One plan. */
        get: operations["getPlan"];
        /** Make or change a plan; a change reaches every tenant that has it. */
        put: operations["putPlan"];
        post?: never;
        /** Delete a plan that no tenant has. */
        delete: operations["deletePlan"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Give the tenant a plan, or none. */
        put: operations["putTenantPlan"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/owners": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Say who owns the tenant: each becomes a tenantOwner, and who is not named any more is none. */
        put: operations["putTenantOwners"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/quotas": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the tenant's hard limits, on every cluster that it is placed on. */
        put: operations["putTenantQuotas"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the tenant's limit ranges, on every cluster that it is placed on. */
        put: operations["putTenantLimits"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/network-policies": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the tenant's network policies, on every cluster that it is placed on. */
        put: operations["putTenantNetworkPolicies"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/node-selector": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the tenant's node selector, on every cluster that it is placed on. */
        put: operations["putTenantNodeSelector"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/quotas": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the hard limits on this cluster, in place of the tenant's and the plan's. */
        put: operations["putPlacementQuotas"];
        post?: never;
        /** Take the override of the hard limits away; the tenant's and the plan's hold again. */
        delete: operations["deletePlacementQuotas"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/limits": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the limit ranges on this cluster, in place of the tenant's and the plan's. */
        put: operations["putPlacementLimits"];
        post?: never;
        /** Take the override of the limit ranges away; the tenant's and the plan's hold again. */
        delete: operations["deletePlacementLimits"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/network-policies": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the network policies on this cluster, in place of the tenant's and the plan's. */
        put: operations["putPlacementNetworkPolicies"];
        post?: never;
        /** Take the override of the network policies away; the tenant's and the plan's hold again. */
        delete: operations["deletePlacementNetworkPolicies"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/node-selector": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        /** Replace the node selector on this cluster, in place of the tenant's and the plan's. */
        put: operations["putPlacementNodeSelector"];
        post?: never;
        /** Take the override of the node selector away; the tenant's and the plan's hold again. */
        delete: operations["deletePlacementNodeSelector"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** Namespaces, quotas and usage of the tenant, over all clusters. */
        get: operations["getTenantSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** Namespaces, quotas and usage of the tenant on this cluster. */
        get: operations["getPlacementSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** What the tenant requests, uses and is allowed, by cluster, now and over time. */
        get: operations["getTenantUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/kubernetes-token": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A short-lived token for one cluster; what the exec plugin of a kubeconfig asks for. */
        post: operations["createKubernetesToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/sandbox": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the next free sandbox of a project on a cluster; both stand in the body. */
        post: operations["createTenantSandbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/policysets": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** Policy sets of the tenant on this cluster; those that its plan brings are marked. */
        get: operations["listPolicySets"];
        put?: never;
        /** Add a policy set. */
        post: operations["createPolicySet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/policysets/{policySet}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name of a policy set of the tenant on the cluster. */
                policySet: components["parameters"]["PolicySet"];
            };
            cookie?: never;
        };
        /** One policy set. */
        get: operations["getPolicySet"];
        /** Replace a policy set. */
        put: operations["putPolicySet"];
        post?: never;
        /** Take a policy set away. */
        delete: operations["deletePolicySet"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/projects": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** Projects of a tenant. */
        get: operations["listProjects"];
        put?: never;
        /** Make a project. */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** One project. */
        get: operations["getProject"];
        /** Change a project. */
        put: operations["putProject"];
        post?: never;
        /** Delete a project that has no apps and no sandboxes. */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/projects/{project}/access": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** Members of the project: its own, and those who come in through the tenant. */
        get: operations["getProjectAccess"];
        /** Replace the project's own members; who is not named any more is none. */
        put: operations["putProjectAccess"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/projects/{project}/kubeconfig": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** A kubeconfig for the project that asks for tokens through the exec plugin; it holds no secret. */
        get: operations["getProjectKubeconfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{tenant}/projects/{project}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** What the project requests, uses and is allowed, by cluster, now and over time. */
        get: operations["getProjectUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        /** Projects of the tenant that have something on this cluster. */
        get: operations["listClusterProjects"];
        put?: never;
        /** Make a project; the tenant must be placed on this cluster. */
        post: operations["createClusterProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** One project. */
        get: operations["getClusterProject"];
        /** Change a project. */
        put: operations["putClusterProject"];
        post?: never;
        /** Delete a project that holds nothing any more. */
        delete: operations["deleteClusterProject"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** Sandboxes of a project on a cluster. */
        get: operations["listSandboxes"];
        put?: never;
        /** Make the next free sandbox namespace. */
        post: operations["createSandbox"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox/{sandbox}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        /** One sandbox. */
        get: operations["getSandbox"];
        put?: never;
        post?: never;
        /** Delete a sandbox with everything in it. */
        delete: operations["deleteSandbox"];
        options?: never;
        head?: never;
        /** Change the display name or when the sandbox ends (JSON merge patch, RFC 7396). */
        patch: operations["updateSandbox"];
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/sandbox/{sandbox}/kubeconfig": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A kubeconfig whose context stands in the sandbox. */
        post: operations["createSandboxKubeconfig"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every App in the caller's scope. */
        get: operations["listAllApps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/apps/{appId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an App. */
                appId: components["parameters"]["AppId"];
            };
            cookie?: never;
        };
        /** One App by its id. */
        get: operations["getAppById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        /** Apps of a project on a cluster. */
        get: operations["listApps"];
        put?: never;
        /** Make an App; the Manager makes its namespace, the Agent its Vela Application. */
        post: operations["createApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps:validate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Everything a create would do, short of doing it. */
        post: operations["validateApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        /** One App. */
        get: operations["getApp"];
        /** Replace what an App asks for; a change makes the next revision. */
        put: operations["putApp"];
        post?: never;
        /** Delete an App; the record stays Deleting until the cluster confirms. */
        delete: operations["deleteApp"];
        options?: never;
        head?: never;
        /** Change parts of an App (JSON merge patch, RFC 7396); the result must be a valid App. */
        patch: operations["patchApp"];
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}:rollback": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new revision out of an old one. */
        post: operations["rollbackApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/status": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        /** Phase, conditions, components, workloads, pods, services and endpoints. */
        get: operations["getAppStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        /** Revisions of an App, newest first. */
        get: operations["listAppRevisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/revisions/{revision}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
                /** @description Number of a revision. */
                revision: components["parameters"]["Revision"];
            };
            cookie?: never;
        };
        /** One revision. */
        get: operations["getAppRevision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Depth, age of the oldest key, failing keys. */
        get: operations["getQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue/{key}:retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A reconcile key, such as `app:<id>`; `usage:<id of a cluster>` takes a sample of what it is used for. */
                key: components["parameters"]["QueueKey"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reconcile a key now instead of after its backoff. */
        post: operations["retryQueueKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description RFC 9457 problem details with a stable code. */
        Problem: {
            /** @description A URI reference that names the kind of problem. */
            type: string;
            title: string;
            status: number;
            code: components["schemas"]["ProblemCode"];
            /** @description What happened and what to do. */
            detail: string;
            /** @description The id of the request. */
            instance?: string;
            errors?: components["schemas"]["ProblemError"][];
        };
        /** @enum {string} */
        ProblemCode: "KN-400" | "KN-401" | "KN-403" | "KN-404" | "KN-409" | "KN-412" | "KN-413" | "KN-415" | "KN-422" | "KN-429" | "KN-431" | "KN-500" | "KN-503";
        ProblemError: {
            /** @description JSON pointer (RFC 6901) into the body, or the name of a parameter. */
            pointer: string;
            detail: string;
        };
        Health: {
            /** @constant */
            status: "ok";
        };
        Version: {
            version: string;
            node: string;
            /** @constant */
            api: "v1";
        };
        /** @description A DNS-1123 label of at most 40 characters that is not a UUID. */
        Name: string;
        NameOrId: string;
        /** Format: uuid */
        Uuid: string;
        /** Format: date-time */
        Timestamp: string;
        /** @description Where the next page begins; null on the last one. */
        NextCursor: string | null;
        Labels: {
            [key: string]: string;
        };
        /** @description A merge patch over labels: null takes one away. */
        LabelsPatch: {
            [key: string]: string | null;
        };
        /** @description A merge patch over annotations: null takes one away. */
        AnnotationsPatch: {
            [key: string]: string | null;
        };
        Annotations: {
            [key: string]: string;
        };
        /** @description In the shape of the Kubernetes API conventions. */
        Condition: {
            type: string;
            /** @enum {string} */
            status: "True" | "False" | "Unknown";
            reason: string;
            message: string;
            lastTransitionTime: components["schemas"]["Timestamp"];
        };
        ObjectStatus: {
            observedGeneration: number;
            /** @enum {string} */
            phase: "Pending" | "Ready" | "Degraded" | "Unreachable" | "Deleting";
            conditions: components["schemas"]["Condition"][];
        };
        /** @enum {string} */
        Role: "admin" | "ops" | "tenantOwner" | "projectDev" | "readOnly";
        /** @description Global when empty; a tenant; or a project of a tenant. */
        Scope: {
            tenant?: components["schemas"]["NameOrId"];
            project?: components["schemas"]["NameOrId"];
        };
        Grant: {
            role: components["schemas"]["Role"];
            scope: components["schemas"]["Scope"];
        };
        Me: {
            subject: string;
            groups: string[];
            grants: components["schemas"]["Grant"][];
            /**
             * Format: date-time
             * @description When the credential of this call ends.
             */
            expiresAt: string | null;
            /** @description Operations that at least one grant allows somewhere. */
            operations: string[];
        };
        TokenCreate: {
            name: components["schemas"]["Name"];
            role: components["schemas"]["Role"];
            scope?: components["schemas"]["Scope"];
            ttlSeconds: number;
        };
        TokenCreated: {
            id: components["schemas"]["Uuid"];
            /** @description The secret; it is not shown again. */
            token: string;
            expiresAt: components["schemas"]["Timestamp"];
        };
        Token: {
            id: components["schemas"]["Uuid"];
            name: string;
            owner: string;
            role: components["schemas"]["Role"];
            scope: components["schemas"]["Scope"];
            createdAt: components["schemas"]["Timestamp"];
            expiresAt: components["schemas"]["Timestamp"];
            /** Format: date-time */
            lastUsedAt: string | null;
        };
        TokenList: {
            items: components["schemas"]["Token"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        AuditEntry: {
            id: components["schemas"]["Uuid"];
            at: components["schemas"]["Timestamp"];
            actor: string;
            operation: string;
            /** @enum {string} */
            outcome: "allowed" | "denied" | "failed";
            /** @description The HTTP status that was answered. */
            status: number;
            sourceIp: string;
            /** @description What it was about, such as `app:<id>`. */
            object: string;
            /** Format: uuid */
            tenantId: string | null;
            /** @description What was given to whom: subject, role and scope of a role binding or a token. Never a secret. */
            detail: {
                [key: string]: unknown;
            };
        };
        AuditList: {
            items: components["schemas"]["AuditEntry"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        /** @description Where people sign in. Console and CLI take the ID token from there as their bearer token. */
        SignIn: {
            /** @enum {string} */
            kind: "embedded" | "external";
            /** @description The OpenID Connect issuer that people sign in at. */
            issuer: string;
            clientId: string;
            scopes: string[];
            flows: ("authorizationCode" | "deviceCode")[];
        };
        PasswordChange: {
            currentPassword: string;
            newPassword: string;
        };
        AccountCreate: {
            name: components["schemas"]["Name"];
            displayName?: string;
            email?: string;
            groups?: string[];
            password: string;
        };
        AccountUpdate: {
            displayName?: string;
            email?: string | null;
            groups?: string[];
            password?: string;
            disabled?: boolean;
        };
        Account: {
            id: components["schemas"]["Uuid"];
            name: string;
            /** @description What role bindings and the audit call it. */
            subject: string;
            displayName: string;
            email: string | null;
            groups: string[];
            disabled: boolean;
            /** Format: date-time */
            lastSignInAt: string | null;
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
        };
        AccountList: {
            items: components["schemas"]["Account"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        /** @description Whom a role is given to: a user as the provider names it in `sub` (`account:<name>` for KubeNova's own accounts), a group of the provider, or an API token by its id. */
        Subject: {
            /** @enum {string} */
            kind: "User" | "Group" | "Token";
            name: string;
        };
        RoleBindingCreate: {
            subject: components["schemas"]["Subject"];
            role: components["schemas"]["Role"];
            scope?: components["schemas"]["Scope"];
        };
        RoleBinding: {
            id: components["schemas"]["Uuid"];
            subject: components["schemas"]["Subject"];
            role: components["schemas"]["Role"];
            scope: components["schemas"]["Scope"];
            /** @description Who gave it. */
            createdBy: string;
            createdAt: components["schemas"]["Timestamp"];
        };
        RoleBindingList: {
            items: components["schemas"]["RoleBinding"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        SigningKey: {
            /** @description `kid`: the RFC 7638 thumbprint. */
            id: string;
            algorithm: string;
            /** @enum {string} */
            state: "next" | "signing" | "verifying";
            createdAt: components["schemas"]["Timestamp"];
            signsFrom?: components["schemas"]["Timestamp"];
            verifiesUntil?: components["schemas"]["Timestamp"];
        };
        SigningKeyList: {
            items: components["schemas"]["SigningKey"][];
        };
        ClusterCreate: {
            name: components["schemas"]["Name"];
            zone: components["schemas"]["Name"];
            labels?: components["schemas"]["Labels"];
            kubeconfig: components["schemas"]["KubeconfigBase64"];
            capsuleProxyUrl: components["schemas"]["HttpsUrl"];
            capsuleProxyCa?: components["schemas"]["Pem"];
            /**
             * @default direct
             * @enum {string}
             */
            connection?: "direct";
            /**
             * @description How people get in. With `oidc` the API server trusts KubeNova's issuer; with `serviceAccount` KubeNova hands out tokens of ServiceAccounts, one a tenant and role.
             * @default oidc
             * @enum {string}
             */
            auth?: "oidc" | "serviceAccount";
        };
        ClusterUpdate: {
            labels?: components["schemas"]["LabelsPatch"];
            kubeconfig?: components["schemas"]["KubeconfigBase64"];
            capsuleProxyUrl?: components["schemas"]["HttpsUrl"];
            capsuleProxyCa?: components["schemas"]["Pem"];
            cordoned?: boolean;
            /** @enum {string} */
            auth?: "oidc" | "serviceAccount";
        };
        /** @description A kubeconfig in base64; write-only, sealed at rest. Credentials must be inline; exec plugins and file paths are refused. */
        KubeconfigBase64: string;
        HttpsUrl: string;
        /** @description One or more PEM certificates. */
        Pem: string;
        Cluster: {
            id: components["schemas"]["Uuid"];
            name: string;
            zone: string;
            labels: components["schemas"]["Labels"];
            /** @description The API server's address; shown to administrators only. */
            server?: string;
            capsuleProxyUrl: string;
            capsuleProxyCa?: string;
            /** @enum {string} */
            connection: "direct";
            /** @enum {string} */
            auth: "oidc" | "serviceAccount";
            cordoned: boolean;
            kubernetesVersion?: string;
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            status: components["schemas"]["ObjectStatus"];
        };
        ClusterList: {
            items: components["schemas"]["Cluster"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        Capability: {
            /** @enum {string} */
            name: "kubernetes" | "capsule" | "capsule-proxy" | "kubevela" | "agent" | "policies" | "kyverno" | "metrics";
            title: string;
            required?: boolean;
            /** @description null while it is not known. */
            installed: boolean | null;
            ready: boolean | null;
            version?: string;
            /** @description What it is like, and what to do where something is missing. */
            message: string;
            missing?: string[];
        };
        Capabilities: {
            cluster: string;
            /** @enum {string} */
            auth: "oidc" | "serviceAccount";
            items: components["schemas"]["Capability"][];
            /**
             * Format: date-time
             * @description Since when the versions are as told. They are looked at again every ten minutes while the cluster answers; null before the first look.
             */
            observedAt: string | null;
        };
        PolicyDefinition: {
            type: string;
            title: string;
            description: string;
            /**
             * @description What enforces it on the cluster.
             * @enum {string}
             */
            engine: "capsule" | "admissionPolicy" | "podSecurity" | "kyverno";
            /** @description Whether this cluster has that engine. */
            available: boolean;
            /** @description JSON Schema (2020-12) of the parameters. */
            schema: {
                [key: string]: unknown;
            };
        };
        PolicyCatalog: {
            items: components["schemas"]["PolicyDefinition"][];
        };
        Owner: {
            /** @enum {string} */
            kind: "User" | "Group";
            name: string;
        };
        TenantCreate: {
            name: components["schemas"]["Name"];
            displayName?: string;
            owners?: components["schemas"]["Owners"];
            plan?: components["schemas"]["Name"];
            labels?: components["schemas"]["Labels"];
            annotations?: components["schemas"]["Annotations"];
        };
        TenantUpdate: {
            displayName?: string;
            owners?: components["schemas"]["Owners"];
            labels?: components["schemas"]["LabelsPatch"];
            annotations?: components["schemas"]["AnnotationsPatch"];
        };
        Tenant: {
            id: components["schemas"]["Uuid"];
            name: string;
            displayName: string;
            owners: components["schemas"]["Owner"][];
            labels: components["schemas"]["Labels"];
            annotations: components["schemas"]["Annotations"];
            plan: string | null;
            settings: components["schemas"]["PlacementSpec"];
            /** @description Names of the clusters it is placed on. */
            clusters: string[];
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
        };
        TenantList: {
            items: components["schemas"]["Tenant"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        /** @description A Kubernetes quantity, such as `500m`, `2`, `4Gi`. */
        Quantity: string;
        /** @description Hard limits over all namespaces of the tenant on the cluster; keys as in a ResourceQuota. */
        Quotas: {
            [key: string]: components["schemas"]["Quantity"];
        };
        /** @description What is set here; whatever is left out comes from the level above (cluster over tenant over plan). */
        PlacementSpec: {
            quotas?: components["schemas"]["Quotas"];
            limits?: components["schemas"]["Limits"];
            networkPolicies?: components["schemas"]["NetworkPolicies"];
            nodeSelector?: components["schemas"]["NodeSelector"];
        };
        PlacementCreate: {
            name: components["schemas"]["Name"];
            displayName?: string;
            owners?: components["schemas"]["Owners"];
            plan?: components["schemas"]["Name"];
            spec?: components["schemas"]["PlacementSpec"];
        };
        Placement: {
            id: components["schemas"]["Uuid"];
            cluster: string;
            tenant: string;
            spec: components["schemas"]["PlacementSpec"];
            effective: components["schemas"]["EffectiveSettings"];
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            status: components["schemas"]["ObjectStatus"];
        };
        PlacementList: {
            items: components["schemas"]["Placement"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        KubeconfigCreate: {
            /** @description Names of clusters; all that the tenant is placed on when left out. */
            clusters?: components["schemas"]["NameOrId"][];
            /**
             * @description The membership that the kubeconfig speaks for; the caller's own or a lesser one.
             * @enum {string}
             */
            role?: "projectDev" | "readOnly";
            project?: components["schemas"]["NameOrId"];
            /** @description Of a `token` kubeconfig: an hour when left out. */
            ttlSeconds?: number;
            mode?: components["schemas"]["KubeconfigMode"];
        };
        Kubeconfig: {
            /** @description YAML text. */
            kubeconfig: string;
            /**
             * Format: date-time
             * @description When its credential ends; null for `exec`, which holds none.
             */
            expiresAt: string | null;
        };
        /** @description Items of the LimitRange that every namespace of the tenant gets. */
        Limits: components["schemas"]["LimitRangeItem"][];
        LimitValues: {
            [key: string]: components["schemas"]["Quantity"];
        };
        /** @description As in a Kubernetes LimitRange. */
        LimitRangeItem: {
            /** @enum {string} */
            type: "Container" | "Pod" | "PersistentVolumeClaim";
            max?: components["schemas"]["LimitValues"];
            min?: components["schemas"]["LimitValues"];
            default?: components["schemas"]["LimitValues"];
            defaultRequest?: components["schemas"]["LimitValues"];
            maxLimitRequestRatio?: components["schemas"]["LimitValues"];
        };
        /** @description Specs of the NetworkPolicies that every namespace of the tenant gets. */
        NetworkPolicies: components["schemas"]["NetworkPolicySpec"][];
        /** @description The spec of a networking.k8s.io/v1 NetworkPolicy. */
        NetworkPolicySpec: {
            podSelector: {
                [key: string]: unknown;
            };
            policyTypes?: ("Ingress" | "Egress")[];
            ingress?: {
                [key: string]: unknown;
            }[];
            egress?: {
                [key: string]: unknown;
            }[];
        };
        /** @description Labels of the nodes on which the tenant's pods may run; acts where the cluster has the PodNodeSelector admission plugin. */
        NodeSelector: {
            [key: string]: string;
        };
        Owners: components["schemas"]["Owner"][];
        TenantPlan: {
            plan: components["schemas"]["Name"] | null;
        };
        /** @description What sandboxes of a project may be. `quotas` holds for each sandbox. */
        SandboxRules: {
            /** @description How many sandboxes a project may have on a cluster; 0 is none. */
            maxPerProject?: number;
            /** @description The longest life of a sandbox; one without an end gets this. */
            maxTtlSeconds?: number;
            quotas?: components["schemas"]["Quotas"];
        };
        PlanSpec: {
            quotas?: components["schemas"]["Quotas"];
            limits?: components["schemas"]["Limits"];
            networkPolicies?: components["schemas"]["NetworkPolicies"];
            nodeSelector?: components["schemas"]["NodeSelector"];
            policySets?: components["schemas"]["PolicySetSpec"][];
            sandboxes?: components["schemas"]["SandboxRules"];
        };
        PlanPut: {
            displayName?: string;
            description?: string;
            spec: components["schemas"]["PlanSpec"];
        };
        Plan: {
            id: components["schemas"]["Uuid"];
            name: string;
            displayName: string;
            description: string;
            spec: components["schemas"]["PlanSpec"];
            /** @description How many tenants have it. */
            tenants: number;
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
        };
        PlanList: {
            items: components["schemas"]["Plan"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        PolicySpec: {
            /** @description A type of the catalogue. */
            type: string;
            parameters?: {
                [key: string]: unknown;
            };
        };
        PolicySetSpec: {
            name: components["schemas"]["Name"];
            description?: string;
            policies: components["schemas"]["PolicySpec"][];
        };
        PolicySetCreate: {
            name: components["schemas"]["Name"];
            description?: string;
            policies: components["schemas"]["PolicySpec"][];
        };
        PolicySetPut: {
            description?: string;
            policies: components["schemas"]["PolicySpec"][];
        };
        PolicySet: {
            id?: components["schemas"]["Uuid"];
            name: string;
            cluster: string;
            tenant: string;
            description: string;
            policies: components["schemas"]["PolicySpec"][];
            /**
             * @description A plan's set is changed in the plan.
             * @enum {string}
             */
            from: "tenant" | "plan";
            generation?: number;
            createdAt?: components["schemas"]["Timestamp"];
            updatedAt?: components["schemas"]["Timestamp"];
        };
        PolicySetList: {
            items: components["schemas"]["PolicySet"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        /** @description What holds on a cluster: the placement's where it says something, else the tenant's, else the plan's. */
        EffectiveSettings: {
            quotas: components["schemas"]["Quotas"];
            limits: components["schemas"]["Limits"];
            networkPolicies: components["schemas"]["NetworkPolicies"];
            nodeSelector: components["schemas"]["NodeSelector"];
        };
        ClusterSummary: {
            cluster: string;
            phase: string;
            namespaces: components["schemas"]["NamespaceCounts"];
            effective: components["schemas"]["EffectiveSettings"];
            allowed: components["schemas"]["ResourceAmounts"];
            requested: components["schemas"]["ResourceAmounts"] | null;
            used: components["schemas"]["ResourceAmounts"] | null;
            /** Format: date-time */
            observedAt: string | null;
        };
        NamespaceCounts: {
            apps: number;
            sandboxes: number;
        };
        TenantSummary: {
            tenant: string;
            plan: string | null;
            projects: number;
            clusters: components["schemas"]["ClusterSummary"][];
        };
        /** @description Canonical numbers by resource: cores for `cpu`, bytes for memory and storage, counts for the rest. */
        ResourceAmounts: {
            [key: string]: number;
        };
        UsageNow: {
            cluster: string;
            /** @description The tenant's hard limits on the cluster, which its projects share. */
            allowed: components["schemas"]["ResourceAmounts"];
            /** @description Of the newest sample, which is taken every five minutes; null where there has been none for a quarter of an hour. */
            requested: components["schemas"]["ResourceAmounts"] | null;
            /** @description What the metrics API of the cluster measured; null where it has none. */
            used: components["schemas"]["ResourceAmounts"] | null;
            /**
             * Format: date-time
             * @description When the newest sample was taken; null before the first.
             */
            observedAt: string | null;
        };
        UsageSample: {
            at: components["schemas"]["Timestamp"];
            cluster: string;
            /** @description The span that the sample stands for. */
            seconds: number;
            requested: components["schemas"]["ResourceAmounts"];
            used: components["schemas"]["ResourceAmounts"] | null;
        };
        /** @description Samples are kept for 30 days: every five minutes for a day, then every hour. */
        Usage: {
            now: components["schemas"]["UsageNow"][];
            samples: components["schemas"]["UsageSample"][];
            /** @description There are more samples in this span than one answer holds; ask for a shorter one. */
            truncated: boolean;
        };
        KubernetesTokenCreate: {
            cluster: components["schemas"]["NameOrId"];
            project?: components["schemas"]["NameOrId"];
            /** @enum {string} */
            role?: "projectDev" | "readOnly";
            /** @default 900 */
            ttlSeconds?: number;
        };
        KubernetesToken: {
            token: string;
            expiresAt: components["schemas"]["Timestamp"];
        };
        KubeconfigRequest: {
            clusters?: components["schemas"]["NameOrId"][];
            tenants?: components["schemas"]["NameOrId"][];
            /** @enum {string} */
            role?: "projectDev" | "readOnly";
            ttlSeconds?: number;
            mode?: components["schemas"]["KubeconfigMode"];
        };
        /**
         * @description `exec` holds no secret: kubectl asks for a token of 15 minutes at most whenever it needs one, as whoever is signed in at the kubenova command (in a pipeline: `KUBENOVA_TOKEN`). `token`, when left out, holds a token that ends and cannot be revoked before; it works with kubectl alone.
         * @enum {string}
         */
        KubeconfigMode: "exec" | "token";
        ProjectCreate: {
            name: components["schemas"]["Name"];
            displayName?: string;
            labels?: components["schemas"]["Labels"];
            sandboxes?: components["schemas"]["SandboxRules"];
        };
        ProjectUpdate: {
            displayName?: string;
            labels?: components["schemas"]["Labels"];
            sandboxes?: components["schemas"]["SandboxRules"];
        };
        Project: {
            id: components["schemas"]["Uuid"];
            tenant: string;
            name: string;
            displayName: string;
            labels: components["schemas"]["Labels"];
            sandboxes: components["schemas"]["SandboxRules"];
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
        };
        ProjectList: {
            items: components["schemas"]["Project"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        SandboxCreate: {
            displayName?: string;
            /** @description How long it lives; for ever when left out and the plan allows it. */
            ttlSeconds?: number;
        };
        Sandbox: {
            id: components["schemas"]["Uuid"];
            cluster: string;
            tenant: string;
            project: string;
            /** @description `sbx-001`. */
            name: string;
            displayName: string;
            namespace: string;
            /**
             * Format: date-time
             * @description When it is deleted with everything in it; null is never. While that is near, the condition `Expiring` is True.
             */
            expiresAt: string | null;
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            status: components["schemas"]["ObjectStatus"];
        };
        SandboxList: {
            items: components["schemas"]["Sandbox"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        Member: {
            subject: components["schemas"]["Subject"];
            /** @enum {string} */
            role: "projectDev" | "readOnly";
        };
        ProjectMember: {
            subject: components["schemas"]["Subject"];
            role: components["schemas"]["Role"];
            /** @enum {string} */
            from: "project" | "tenant" | "global";
        };
        ProjectAccess: {
            /** @description The project's own members first, then the tenant's, then those of the whole installation. */
            members: components["schemas"]["ProjectMember"][];
            /** @description There are more than one answer holds. */
            truncated: boolean;
        };
        ProjectAccessPut: {
            members: components["schemas"]["Member"][];
        };
        TenantSandboxCreate: {
            cluster: components["schemas"]["NameOrId"];
            project: components["schemas"]["NameOrId"];
            displayName?: string;
            ttlSeconds?: number;
        };
        SandboxUpdate: {
            displayName?: string;
            /** @description From now on; null takes the end away, where the plan allows it. */
            ttlSeconds?: number | null;
        };
        SandboxKubeconfigCreate: {
            ttlSeconds?: number;
            mode?: components["schemas"]["KubeconfigMode"];
        };
        /** @description Names a Secret. All that KubeNova ever keeps of a credential. */
        SecretRef: {
            name: string;
            /** @description The App's own namespace (the default) or `kubenova-credentials`. */
            namespace?: string;
        };
        /** @enum {string} */
        SourceKind: "containerImage" | "helmHttp" | "helmOci" | "gitRepo" | "kubeManifest" | "velaTemplate";
        /** @description Where an App comes from. `kind` names the one member that is set. */
        Source: components["schemas"]["ContainerImageSource"] | components["schemas"]["HelmHttpSource"] | components["schemas"]["HelmOciSource"] | components["schemas"]["GitRepoSource"] | components["schemas"]["KubeManifestSource"] | components["schemas"]["VelaTemplateSource"];
        ContainerImageSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "containerImage";
            containerImage: components["schemas"]["ContainerImage"];
        };
        HelmHttpSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "helmHttp";
            helmHttp: components["schemas"]["HelmHttp"];
        };
        HelmOciSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "helmOci";
            helmOci: components["schemas"]["HelmOci"];
        };
        GitRepoSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "gitRepo";
            gitRepo: components["schemas"]["GitRepo"];
        };
        KubeManifestSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "kubeManifest";
            kubeManifest: components["schemas"]["KubeManifest"];
        };
        VelaTemplateSource: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "velaTemplate";
            velaTemplate: components["schemas"]["VelaTemplate"];
        };
        PortNumber: number;
        ContainerPort: {
            port: components["schemas"]["PortNumber"];
            name?: string;
            /**
             * @default TCP
             * @enum {string}
             */
            protocol?: "TCP" | "UDP";
            /**
             * @description Whether a Service leads to it.
             * @default true
             */
            expose?: boolean;
        };
        EnvVar: {
            name: string;
            value?: string;
            secretRef?: {
                name: string;
                key: string;
            };
        };
        ResourceList: {
            cpu?: components["schemas"]["Quantity"];
            memory?: components["schemas"]["Quantity"];
        };
        Probe: {
            httpGet?: {
                path: string;
                port: components["schemas"]["PortNumber"];
            };
            tcpSocket?: {
                port: components["schemas"]["PortNumber"];
            };
            exec?: {
                command: string[];
            };
            initialDelaySeconds?: number;
            periodSeconds?: number;
            timeoutSeconds?: number;
            successThreshold?: number;
            failureThreshold?: number;
        };
        /** @description One container image, run as a web service (with ports) or a worker (without). */
        ContainerImage: {
            /** @description Repository without tag or digest, such as `ghcr.io/acme/web`. */
            image: string;
            tag?: string;
            digest?: string;
            command?: string[];
            args?: string[];
            ports?: (components["schemas"]["PortNumber"] | components["schemas"]["ContainerPort"])[];
            env?: components["schemas"]["EnvVar"][];
            resources?: {
                requests?: components["schemas"]["ResourceList"];
                limits?: components["schemas"]["ResourceList"];
            };
            replicas?: number;
            probes?: {
                liveness?: components["schemas"]["Probe"];
                readiness?: components["schemas"]["Probe"];
            };
            /** @description The host name of an Ingress that leads to the first port. */
            host?: string;
            credentialsSecretRef?: components["schemas"]["SecretRef"];
        };
        /** @description Values of the chart. */
        HelmValues: {
            [key: string]: unknown;
        };
        /** @description An exact version or a semver range. */
        ChartVersion: string;
        /** @description A chart of a Helm repository. */
        HelmHttp: {
            repoUrl: string;
            chart: string;
            version: components["schemas"]["ChartVersion"];
            values?: components["schemas"]["HelmValues"];
            credentialsSecretRef?: components["schemas"]["SecretRef"];
        };
        /** @description A chart of an OCI registry. */
        HelmOci: {
            registry: string;
            chart: string;
            version: components["schemas"]["ChartVersion"];
            values?: components["schemas"]["HelmValues"];
            credentialsSecretRef?: components["schemas"]["SecretRef"];
        };
        /** @description Manifests or a kustomization in a Git repository. */
        GitRepo: {
            url: string;
            /** @description Branch, tag or commit. */
            revision: string;
            /** @default . */
            path?: string;
            /**
             * @default manifests
             * @enum {string}
             */
            kind?: "manifests" | "kustomization";
            credentialsSecretRef?: components["schemas"]["SecretRef"];
        };
        /** @description Kubernetes objects, as JSON or as YAML text. */
        KubeManifest: {
            manifests: {
                [key: string]: unknown;
            }[];
        } | {
            yaml: string;
        };
        /** @description Components, traits, policies and workflow of a Vela Application, as given. */
        VelaTemplate: {
            components: {
                [key: string]: unknown;
            }[];
            policies?: {
                [key: string]: unknown;
            }[];
            workflow?: {
                [key: string]: unknown;
            };
            parameters?: {
                [key: string]: unknown;
            };
        };
        Trait: {
            type: string;
            properties?: {
                [key: string]: unknown;
            };
        };
        AppCreate: {
            name: components["schemas"]["Name"];
            description?: string;
            source: components["schemas"]["Source"];
            traits?: components["schemas"]["Trait"][];
            labels?: components["schemas"]["Labels"];
        };
        AppUpdate: {
            description?: string;
            source: components["schemas"]["Source"];
            traits?: components["schemas"]["Trait"][];
            labels?: components["schemas"]["Labels"];
        };
        /** @description A merge patch over `AppUpdate`; the merged result is validated as one. */
        AppPatch: {
            description?: string | null;
            source?: {
                [key: string]: unknown;
            };
            traits?: components["schemas"]["Trait"][] | null;
            labels?: {
                [key: string]: string | null;
            } | null;
        };
        AppRollback: {
            revision: number;
        };
        /** @enum {string} */
        AppPhase: "Pending" | "Deploying" | "Running" | "Degraded" | "Suspended" | "Failed" | "Deleting";
        AppStatusSummary: {
            observedGeneration: number;
            phase: components["schemas"]["AppPhase"];
            conditions: components["schemas"]["Condition"][];
        };
        App: {
            id: components["schemas"]["Uuid"];
            cluster: string;
            tenant: string;
            project: string;
            name: string;
            description: string;
            namespace: string;
            source: components["schemas"]["Source"];
            traits: components["schemas"]["Trait"][];
            labels: components["schemas"]["Labels"];
            revision: number;
            generation: number;
            createdAt: components["schemas"]["Timestamp"];
            updatedAt: components["schemas"]["Timestamp"];
            status: components["schemas"]["AppStatusSummary"];
        };
        AppList: {
            items: components["schemas"]["App"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        AppValidation: {
            /** @description The Vela Application; null when it cannot be rendered, or only by the Agent (charts). */
            application: {
                [key: string]: unknown;
            } | null;
            problems: components["schemas"]["ProblemError"][];
        };
        AppRevision: {
            revision: number;
            author: string;
            /** @enum {string} */
            cause: "create" | "update" | "rollback";
            /** @description The revision this one repeats. */
            rollbackOf?: number;
            createdAt: components["schemas"]["Timestamp"];
            description: string;
            source: components["schemas"]["Source"];
            traits: components["schemas"]["Trait"][];
            labels: components["schemas"]["Labels"];
        };
        AppRevisionList: {
            items: components["schemas"]["AppRevision"][];
            nextCursor: components["schemas"]["NextCursor"];
        };
        WorkloadStatus: {
            apiVersion: string;
            kind: string;
            name: string;
            ready: boolean;
            replicas: number;
            readyReplicas: number;
            message: string;
        };
        PodStatus: {
            name: string;
            phase: string;
            ready: boolean;
            restarts: number;
            reason: string;
            message: string;
            node: string;
        };
        ServiceStatus: {
            name: string;
            type: string;
            clusterIP: string;
            ports: {
                name?: string;
                port: number;
                protocol: string;
            }[];
        };
        Endpoint: {
            url: string;
        };
        ComponentStatus: {
            name: string;
            type: string;
            healthy: boolean;
            message: string;
            workloads: components["schemas"]["WorkloadStatus"][];
            pods: components["schemas"]["PodStatus"][];
            services: components["schemas"]["ServiceStatus"][];
            endpoints: components["schemas"]["Endpoint"][];
        };
        AppStatus: {
            phase: components["schemas"]["AppPhase"];
            healthy: boolean;
            observedGeneration: number;
            revision: number;
            /** @description What a chart or repository was pinned to. */
            resolved?: {
                version: string;
                digest: string;
            };
            conditions: components["schemas"]["Condition"][];
            components: components["schemas"]["ComponentStatus"][];
            updatedAt: components["schemas"]["Timestamp"];
        };
        Queue: {
            depth: number;
            oldestSeconds: number;
            failing: {
                key: string;
                attempts: number;
                lastError: string;
                nextRunAt: components["schemas"]["Timestamp"];
            }[];
        };
    };
    responses: {
        /** @description An RFC 9457 problem. */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It is well. */
        Health: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Health"];
            };
        };
        /** @description The cluster. */
        Cluster: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Cluster"];
            };
        };
        /** @description The tenant. */
        Tenant: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Tenant"];
            };
        };
        /** @description The placement. */
        Placement: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Placement"];
            };
        };
        /** @description The account. */
        Account: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Account"];
            };
        };
        /** @description The plan. */
        Plan: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Plan"];
            };
        };
        /** @description The policy set. */
        PolicySet: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["PolicySet"];
            };
        };
        /** @description The members. */
        ProjectAccess: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ProjectAccess"];
            };
        };
        /** @description The kubeconfig as YAML text and when its credential expires. */
        Kubeconfig: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Kubeconfig"];
            };
        };
        /** @description The project. */
        Project: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Project"];
            };
        };
        /** @description The sandbox. */
        Sandbox: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Sandbox"];
            };
        };
        /** @description The App. */
        App: {
            headers: {
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["App"];
            };
        };
    };
    parameters: {
        /** @description How many items a page holds. */
        Limit: number;
        /** @description The `nextCursor` of the page before. */
        Cursor: string;
        /** @description Only items whose name contains this text. */
        Query: string;
        /** @description Equality-based selector, `key=value` pairs joined by commas. */
        LabelSelector: string;
        /** @description Only items in this phase. */
        Phase: components["schemas"]["AppPhase"];
        /** @description Only Apps with this kind of source. */
        SourceKindFilter: components["schemas"]["SourceKind"];
        /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
        Wait: string;
        /** @description The `ETag` the change is based on; 412 when the object has changed since. */
        IfMatch: string;
        /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
        IdempotencyKey: string;
        /** @description Name or id of a cluster. */
        Cluster: components["schemas"]["NameOrId"];
        /** @description Name or id of a tenant. */
        Tenant: components["schemas"]["NameOrId"];
        /** @description Name or id of a project of the tenant. */
        Project: components["schemas"]["NameOrId"];
        /** @description Name or id of an App of the project on the cluster. */
        App: components["schemas"]["NameOrId"];
        /** @description Id of an App. */
        AppId: string;
        /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
        Sandbox: components["schemas"]["NameOrId"];
        /** @description Id of a token. */
        TokenId: string;
        /** @description Name or id of an account. */
        Account: components["schemas"]["NameOrId"];
        /** @description Id of a role binding. */
        RoleBinding: string;
        /** @description Name of a plan. */
        Plan: components["schemas"]["Name"];
        /** @description Name of a policy set of the tenant on the cluster. */
        PolicySet: components["schemas"]["Name"];
        /** @description Samples from this time on (RFC 3339); a day ago when left out. */
        Since: string;
        /** @description Samples before this time (RFC 3339); now when left out. */
        Until: string;
        /** @description On this cluster only (name or id). */
        ClusterFilter: components["schemas"]["NameOrId"];
        /** @description Number of a revision. */
        Revision: number;
        /** @description A reconcile key, such as `app:<id>`; `usage:<id of a cluster>` takes a sample of what it is used for. */
        QueueKey: string;
    };
    requestBodies: never;
    headers: {
        /** @description The version of the object, for `If-Match`. */
        ETag: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            default: components["responses"]["Problem"];
        };
    };
    getApiHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
        };
    };
    getApiReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            default: components["responses"]["Problem"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The text exposition format 0.0.4. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getContractJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The contract. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    getContractYaml: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The contract. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": string;
                };
            };
        };
    };
    getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Version"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getIssuerConfiguration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The provider's metadata. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    getIssuerKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description The token with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a token. */
                token: components["parameters"]["TokenId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Entries about this tenant only (name or id). */
                tenant?: components["schemas"]["NameOrId"];
                /** @description Entries of this operation only. */
                operation?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of entries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The way in. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignIn"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of accounts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountCreate"];
            };
        };
        responses: {
            201: components["responses"]["Account"];
            default: components["responses"]["Problem"];
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Account"];
            default: components["responses"]["Problem"];
        };
    };
    deleteAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Account"];
            default: components["responses"]["Problem"];
        };
    };
    signOutAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of an account. */
                account: components["parameters"]["Account"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listRoleBindings: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Bindings on this tenant and its projects only (name or id). */
                tenant?: components["schemas"]["NameOrId"];
                /** @description Bindings of the subject with this name only. */
                subject?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of role bindings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleBindingList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createRoleBinding: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleBindingCreate"];
            };
        };
        responses: {
            /** @description The role binding. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleBinding"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    deleteRoleBinding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a role binding. */
                roleBinding: components["parameters"]["RoleBinding"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    createOwnKubeconfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KubeconfigRequest"];
            };
        };
        responses: {
            200: components["responses"]["Kubeconfig"];
            default: components["responses"]["Problem"];
        };
    };
    listSigningKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKeyList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    rotateSigningKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The new key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningKey"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listClusters: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of clusters. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createCluster: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClusterCreate"];
            };
        };
        responses: {
            201: components["responses"]["Cluster"];
            default: components["responses"]["Problem"];
        };
    };
    getCluster: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Cluster"];
            default: components["responses"]["Problem"];
        };
    };
    deleteCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateCluster: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClusterUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Cluster"];
            default: components["responses"]["Problem"];
        };
    };
    cordonCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Cluster"];
            default: components["responses"]["Problem"];
        };
    };
    uncordonCluster: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Cluster"];
            default: components["responses"]["Problem"];
        };
    };
    getClusterCapabilities: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The capabilities. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capabilities"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listClusterSandboxes: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sandboxes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPolicyCatalog: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The catalogue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyCatalog"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tenants. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantCreate"];
            };
        };
        responses: {
            201: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    deleteTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    createKubeconfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KubeconfigCreate"];
            };
        };
        responses: {
            /** @description The kubeconfig as YAML text and when its credential expires. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Kubeconfig"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listPlacements: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of placements. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlacementList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    placeTenant: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlacementCreate"];
            };
        };
        responses: {
            201: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    getPlacement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    putPlacement: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlacementSpec"];
            };
        };
        responses: {
            200: components["responses"]["Placement"];
            201: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlacement: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: components["responses"]["Placement"];
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listPlans: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of plans. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of a plan. */
                plan: components["parameters"]["Plan"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Plan"];
            default: components["responses"]["Problem"];
        };
    };
    putPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name of a plan. */
                plan: components["parameters"]["Plan"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanPut"];
            };
        };
        responses: {
            200: components["responses"]["Plan"];
            201: components["responses"]["Plan"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name of a plan. */
                plan: components["parameters"]["Plan"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    putTenantPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantPlan"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putTenantOwners: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Owners"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putTenantQuotas: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Quotas"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putTenantLimits: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Limits"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putTenantNetworkPolicies: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworkPolicies"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putTenantNodeSelector: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NodeSelector"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            default: components["responses"]["Problem"];
        };
    };
    putPlacementQuotas: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Quotas"];
            };
        };
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlacementQuotas: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    putPlacementLimits: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Limits"];
            };
        };
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlacementLimits: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    putPlacementNetworkPolicies: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworkPolicies"];
            };
        };
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlacementNetworkPolicies: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    putPlacementNodeSelector: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NodeSelector"];
            };
        };
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    deletePlacementNodeSelector: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Placement"];
            default: components["responses"]["Problem"];
        };
    };
    getTenantSummary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The summary. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantSummary"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getPlacementSummary: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The summary. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantSummary"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getTenantUsage: {
        parameters: {
            query?: {
                /** @description Samples from this time on (RFC 3339); a day ago when left out. */
                since?: components["parameters"]["Since"];
                /** @description Samples before this time (RFC 3339); now when left out. */
                until?: components["parameters"]["Until"];
                /** @description On this cluster only (name or id). */
                cluster?: components["parameters"]["ClusterFilter"];
            };
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The usage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createKubernetesToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KubernetesTokenCreate"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KubernetesToken"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createTenantSandbox: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TenantSandboxCreate"];
            };
        };
        responses: {
            201: components["responses"]["Sandbox"];
            default: components["responses"]["Problem"];
        };
    };
    listPolicySets: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of policy sets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicySetList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createPolicySet: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicySetCreate"];
            };
        };
        responses: {
            201: components["responses"]["PolicySet"];
            default: components["responses"]["Problem"];
        };
    };
    getPolicySet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name of a policy set of the tenant on the cluster. */
                policySet: components["parameters"]["PolicySet"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["PolicySet"];
            default: components["responses"]["Problem"];
        };
    };
    putPolicySet: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name of a policy set of the tenant on the cluster. */
                policySet: components["parameters"]["PolicySet"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicySetPut"];
            };
        };
        responses: {
            200: components["responses"]["PolicySet"];
            default: components["responses"]["Problem"];
        };
    };
    deletePolicySet: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name of a policy set of the tenant on the cluster. */
                policySet: components["parameters"]["PolicySet"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listProjects: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
            };
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectCreate"];
            };
        };
        responses: {
            201: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    putProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    getProjectAccess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["ProjectAccess"];
            default: components["responses"]["Problem"];
        };
    };
    putProjectAccess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectAccessPut"];
            };
        };
        responses: {
            200: components["responses"]["ProjectAccess"];
            default: components["responses"]["Problem"];
        };
    };
    getProjectKubeconfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Kubeconfig"];
            default: components["responses"]["Problem"];
        };
    };
    getProjectUsage: {
        parameters: {
            query?: {
                /** @description Samples from this time on (RFC 3339); a day ago when left out. */
                since?: components["parameters"]["Since"];
                /** @description Samples before this time (RFC 3339); now when left out. */
                until?: components["parameters"]["Until"];
                /** @description On this cluster only (name or id). */
                cluster?: components["parameters"]["ClusterFilter"];
            };
            header?: never;
            path: {
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The usage. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listClusterProjects: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createClusterProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectCreate"];
            };
        };
        responses: {
            201: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    getClusterProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    putClusterProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Project"];
            default: components["responses"]["Problem"];
        };
    };
    deleteClusterProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    listSandboxes: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sandboxes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SandboxList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createSandbox: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SandboxCreate"];
            };
        };
        responses: {
            201: components["responses"]["Sandbox"];
            default: components["responses"]["Problem"];
        };
    };
    getSandbox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Sandbox"];
            default: components["responses"]["Problem"];
        };
    };
    deleteSandbox: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: components["responses"]["Sandbox"];
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    updateSandbox: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SandboxUpdate"];
            };
        };
        responses: {
            200: components["responses"]["Sandbox"];
            default: components["responses"]["Problem"];
        };
    };
    createSandboxKubeconfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name (`sbx-001`) or id of a sandbox of the project on the cluster. */
                sandbox: components["parameters"]["Sandbox"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SandboxKubeconfigCreate"];
            };
        };
        responses: {
            200: components["responses"]["Kubeconfig"];
            default: components["responses"]["Problem"];
        };
    };
    listAllApps: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
                /** @description Only items in this phase. */
                phase?: components["parameters"]["Phase"];
                /** @description Only Apps with this kind of source. */
                sourceKind?: components["parameters"]["SourceKindFilter"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of Apps. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getAppById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of an App. */
                appId: components["parameters"]["AppId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    listApps: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
                /** @description Only items whose name contains this text. */
                q?: components["parameters"]["Query"];
                /** @description Equality-based selector, `key=value` pairs joined by commas. */
                labelSelector?: components["parameters"]["LabelSelector"];
                /** @description Only items in this phase. */
                phase?: components["parameters"]["Phase"];
                /** @description Only Apps with this kind of source. */
                sourceKind?: components["parameters"]["SourceKindFilter"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of Apps. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    createApp: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The same key with the same body within a day gives the same answer and makes nothing twice. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppCreate"];
            };
        };
        responses: {
            201: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    validateApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppCreate"];
            };
        };
        responses: {
            /** @description The rendered Application, where it can be rendered without the cluster, and every problem. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppValidation"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    putApp: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppUpdate"];
            };
        };
        responses: {
            200: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    deleteApp: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: components["responses"]["App"];
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
    patchApp: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppPatch"];
            };
        };
        responses: {
            200: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    rollbackApp: {
        parameters: {
            query?: {
                /** @description Hold the answer until the object is settled, at most this long (`500ms`, `30s`, `2m`; at most 5 minutes). */
                wait?: components["parameters"]["Wait"];
            };
            header?: {
                /** @description The `ETag` the change is based on; 412 when the object has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppRollback"];
            };
        };
        responses: {
            200: components["responses"]["App"];
            default: components["responses"]["Problem"];
        };
    };
    getAppStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppStatus"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    listAppRevisions: {
        parameters: {
            query?: {
                /** @description How many items a page holds. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of revisions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppRevisionList"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getAppRevision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name or id of a cluster. */
                cluster: components["parameters"]["Cluster"];
                /** @description Name or id of a tenant. */
                tenant: components["parameters"]["Tenant"];
                /** @description Name or id of a project of the tenant. */
                project: components["parameters"]["Project"];
                /** @description Name or id of an App of the project on the cluster. */
                app: components["parameters"]["App"];
                /** @description Number of a revision. */
                revision: components["parameters"]["Revision"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The revision. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppRevision"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getQueue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the reconcile queue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Queue"];
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    retryQueueKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A reconcile key, such as `app:<id>`; `usage:<id of a cluster>` takes a sample of what it is used for. */
                key: components["parameters"]["QueueKey"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Queued. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: components["responses"]["Problem"];
        };
    };
}
