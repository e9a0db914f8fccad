//! Notes.

use kustomer_api::Id;
use kustomer_api::attachment::GetNoteAttachments;
use kustomer_api::conversation::Conversation;
use kustomer_api::customer::Customer;
use kustomer_api::customer::ReplaceQuery;
use kustomer_api::history::StateQuery;
use kustomer_api::note::{
    CreateNote, CreateNoteWithinConversation, DeleteNoteById, GetNoteById, GetNoteHistory, GetNotesByConversation,
    GetNotesByCustomer, GetNotesForOrg, Note, NoteInput, PatchNoteById, UpdateNoteById,
};
use kustomer_api::query::{ListById, PageQuery};

use super::{bulk, group, operations, past};
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
    /// let conversation = "5c7d1a1f9a1b2c0010a1b2c3";
    /// let note = client.notes().create_in(conversation, &NoteInput::of("She called again.")).await?.data;
    /// println!("{}", note.id);
    /// # Ok(())
    /// # }
    /// ```
    Notes
}

past! { NOTES_PAST: Notes of Note: GetNoteById, GetNoteHistory }
bulk! { NOTES_BULK: Notes of Note: NoteInput, BulkCreateNotes, BulkBatchUpdateNotes }

operations! {
    NOTES: impl Notes {
        /// Lists one page of notes, by id; [`walk`](Call::walk) reads all pages.
        pub fn list(&self, query: &ListById) -> Call<GetNotesForOrg> {
            self.client.call((), query, &())
        }

        /// Lists one page of the notes about a customer's conversations.
        pub fn list_of_customer(
            &self,
            customer: impl Into<Id<Customer>>,
            page: &PageQuery,
        ) -> Call<GetNotesByCustomer> {
            self.client.at([customer.into().into()], page, &())
        }

        /// Lists one page of the notes about a conversation.
        pub fn list_of_conversation(
            &self,
            id: impl Into<Id<Conversation>>,
            page: &PageQuery,
        ) -> Call<GetNotesByConversation> {
            self.client.at([id.into().into()], page, &())
        }

        /// Lists one page of the attachments of a note. Kustodian has this; Kustomer does not.
        pub fn attachments(&self, id: impl Into<Id<Note>>, page: &PageQuery) -> Call<GetNoteAttachments> {
            self.client.at([id.into().into()], page, &())
        }

        /// Creates a note about the conversation or the customer that the input names, or about neither.
        pub fn create(&self, input: &NoteInput) -> Call<CreateNote> {
            self.client.call((), &(), input)
        }

        /// Creates a note about a conversation.
        pub fn create_in(
            &self,
            conversation: impl Into<Id<Conversation>>,
            input: &NoteInput,
        ) -> Call<CreateNoteWithinConversation> {
            self.client.at([conversation.into().into()], &(), input)
        }

        /// Reads a note by its id.
        pub fn get(&self, id: impl Into<Id<Note>>) -> Call<GetNoteById> {
            self.client.at([id.into().into()], &StateQuery::default(), &())
        }

        /// Changes the attributes sent and keeps the others.
        pub fn update(&self, id: impl Into<Id<Note>>, input: &NoteInput) -> Call<PatchNoteById> {
            self.client.at([id.into().into()], &(), input)
        }

        /// Changes the attributes sent and drops the others that can be written.
        pub fn replace(&self, id: impl Into<Id<Note>>, input: &NoteInput) -> Call<UpdateNoteById> {
            self.client.at([id.into().into()], &ReplaceQuery::default().replace(true), input)
        }

        /// Deletes a note; an update with `deleted: false` restores it.
        pub fn delete(&self, id: impl Into<Id<Note>>) -> Call<DeleteNoteById> {
            self.client.at([id.into().into()], &(), &())
        }
    }
}
