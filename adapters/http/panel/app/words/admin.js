export default {
  "admin.title": ["Administração", "Administration", "Administración"],
  "admin.open": ["Ir para a administração", "Go to administration", "Ir a la administración"],
  "security.open": ["Conta e segurança", "Account and security", "Cuenta y seguridad"],
};
