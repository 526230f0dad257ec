\set id random(1, 9000000000000000000)
BEGIN;
INSERT INTO raw_case VALUES (:id, '20250102' || :client_id, 'pending_review', 'help', 'web', '我住在河畔街道12号院，门口的路灯已经坏了三天，晚上老人孩子出门很不安全，希望尽快派人来修，谢谢。', now(), now());
INSERT INTO raw_step VALUES (:id, :id, 1, 'submit', 'draft', 'pending_review', 7, now(), '{"digest": "8c6976e5b5410415bde908bd4dee15df"}', decode('8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918', 'hex'));
COMMIT;
