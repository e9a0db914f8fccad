//! Notes.

use kustomer_api::ObjectId;
use kustomer_api::attachment::GetNoteAttachments;
use kustomer_api::customer::ReplaceQuery;
use kustomer_api::history::StateQuery;
use kustomer_api::note::{
    CreateNote, CreateNoteWithinConversation, DeleteNoteById, GetNoteById, GetNoteHistory, GetNotesByConversation,
    GetNotesByCustomer, GetNotesForOrg, NoteInput, PatchNoteById, UpdateNoteById,
};
use kustomer_api::query::PageQuery;

use super::{bulk, group, past};
use crate::call::Call;

group! {
    /// The operations on notes.
    ///
    /// ```no_run
    /// use kustomer_client::Client;
    /// use kustomer_client::note::NoteInput;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::builder().base_url("http://127.0.0.1:8080").token("the API key").build()?;
    /// let conversation = "5c7d1a1f9a1b2c0010a1b2c3".parse()?;
    /// let note = client.notes().create_in(conversation, &NoteInput::of("She called again.")).await?.data;
    /// println!("{}", note.id);
    /// # Ok(())
    /// # }
    /// ```
    Notes
}

past! { Notes: GetNoteById, GetNoteHistory }
bulk! { Notes: NoteInput, BulkCreateNotes, BulkBatchUpdateNotes }

impl Notes<'_> {
    /// Lists one page of notes, by id; [`walk`](Call::walk) goes over all pages.
    pub fn list(&self, page: &PageQuery) -> Call<GetNotesForOrg> {
        self.client.call((), page, &())
    }

    /// Lists one page of the notes about a customer's conversations.
    pub fn list_of_customer(&self, customer: ObjectId, page: &PageQuery) -> Call<GetNotesByCustomer> {
        self.client.call(customer, page, &())
    }

    /// Lists one page of the notes about a conversation.
    pub fn list_of_conversation(&self, id: ObjectId, page: &PageQuery) -> Call<GetNotesByConversation> {
        self.client.call(id, page, &())
    }

    /// Lists one page of the attachments of a note. Kustodian has this; Kustomer does not.
    pub fn attachments(&self, id: ObjectId, page: &PageQuery) -> Call<GetNoteAttachments> {
        self.client.call(id, page, &())
    }

    /// Creates a note about the conversation or the customer that the input names, or about neither.
    pub fn create(&self, input: &NoteInput) -> Call<CreateNote> {
        self.client.call((), &(), input)
    }

    /// Creates a note about a conversation.
    pub fn create_in(&self, conversation: ObjectId, input: &NoteInput) -> Call<CreateNoteWithinConversation> {
        self.client.call(conversation, &(), input)
    }

    /// Reads a note by its id.
    pub fn get(&self, id: ObjectId) -> Call<GetNoteById> {
        self.client.call(id, &StateQuery::default(), &())
    }

    /// Changes the attributes sent and keeps the others.
    pub fn update(&self, id: ObjectId, input: &NoteInput) -> Call<PatchNoteById> {
        self.client.call(id, &(), input)
    }

    /// Changes the attributes sent and drops the others that can be written.
    pub fn replace(&self, id: ObjectId, input: &NoteInput) -> Call<UpdateNoteById> {
        self.client.call(id, &ReplaceQuery { replace: true }, input)
    }

    /// Deletes a note; an update with `deleted: false` restores it.
    pub fn delete(&self, id: ObjectId) -> Call<DeleteNoteById> {
        self.client.call(id, &(), &())
    }
}
