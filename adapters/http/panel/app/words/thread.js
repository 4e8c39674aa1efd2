export default {
  "thread.none": ["Escolha um chat", "Choose a chat", "Elija un chat"],
  "thread.noneText": ["Ele abre aqui. Abrir não tira o chat de ninguém.", "It opens here. Opening takes it from nobody.", "Se abre aquí. Abrirlo no se lo quita a nadie."],
};
