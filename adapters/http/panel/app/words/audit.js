export default {
  "audit.title": ["Auditoria", "Audit", "Auditoría"],
  "audit.open": ["Ir para a auditoria", "Go to audit", "Ir a la auditoría"],
};
