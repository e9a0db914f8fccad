// Draws the server's own document. In a file of its own, since the page's content security policy forbids inline scripts.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  // A token typed into the page is gone with the page.
  persistAuthorization: false,
  tryItOutEnabled: true,
  // Nothing goes outside: by default the document's address is sent to a public validator.
  validatorUrl: null,
});
