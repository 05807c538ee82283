-- Which Kubernetes cluster a record leads to: the UID of its namespace kube-system, known once it has answered.
-- Two records for one cluster would fight over it, so the second one is told and does nothing.
ALTER TABLE clusters ADD COLUMN cluster_uid text UNIQUE;
